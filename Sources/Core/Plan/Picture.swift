/// How the picture is prepared: what the filters do to each decoded frame.
package struct Picture: Hashable, Codable, Sendable {
    /// Upright, square pixels, both sides even.
    package var size: PixelSize
    package var frameRate: Rational
    package var orientation: Orientation
    package var deinterlaces: Bool
    package var toneMaps: Bool
    /// The matrix of the result, in libav's names: bt709 or smpte170m.
    package var matrix: Matrix

    package enum Matrix: String, Codable, Sendable {
        case bt709
        case smpte170m
    }

    package init(
        size: PixelSize,
        frameRate: Rational,
        orientation: Orientation = Orientation(),
        deinterlaces: Bool = false,
        toneMaps: Bool = false,
        matrix: Matrix = .bt709
    ) {
        self.size = size
        self.frameRate = frameRate
        self.orientation = orientation
        self.deinterlaces = deinterlaces
        self.toneMaps = toneMaps
        self.matrix = matrix
    }

    /// What shows where the source is transparent: the colour of the page that most pictures lie on.
    package static let background = "white"
}

extension Plan {
    /// What says what its colours are becomes BT.709.
    ///
    /// Untagged pictures of HD size are BT.709 by every player's rule; below that they are BT.601,
    /// and stay it: converting on a guess could only lose. The tag is written out because a smaller
    /// frame would be guessed differently.
    static func matrix(for video: VideoTrack) -> Picture.Matrix {
        let isTagged = video.colour.matrix != nil || video.colour.foreignPrimaries != nil
        if isTagged || video.isRGB || video.colour.isHighDynamicRange { return .bt709 }
        return video.isHighDefinition ? .bt709 : .smpte170m
    }

    static func pictureReasons(
        video: VideoTrack,
        picture: Picture,
        full: PixelSize,
        cap: Int?,
        isExact: Bool,
        frameRateCap: FrameRateCap
    ) -> [String] {
        var reasons: [String] = []
        if picture.size.shortSide < full.shortSide {
            reasons.append(
                "so few bytes look better at \(picture.size) than at \(full)"
            )
        } else if let cap, cap < video.displaySize.shortSide {
            let bound = "\(isExact ? "exactly" : "at most") \(cap) lines on the short side: \(full)"
            reasons.append(bound + (cap % 2 == 0 ? "" : ", for sides are even numbers"))
        } else if let cap, isExact, cap > video.displaySize.shortSide {
            reasons.append(
                "the source has fewer lines than \(cap), and is not made larger: \(full)"
            )
        } else if full != video.displaySize {
            reasons.append("sides are even numbers: \(full)")
        }
        if picture.frameRate.value < video.frameRate.value {
            let isSparing = picture.frameRate.value < frameRateCap.kept(of: video.frameRate).value
            reasons.append(
                isSparing
                    ? "little moves: more frames a second would be a tenth of the bytes by themselves"
                    : "at most \(rateText(frameRateCap)) frames a second"
            )
        }
        if picture.deinterlaces {
            reasons.append(
                video.fieldOrder == .asFlagged
                    ? "the source is interlaced: it is deinterlaced"
                    : "the picture is woven from two fields: it is deinterlaced"
            )
        }
        if picture.toneMaps {
            reasons.append("the source is HDR: it is tone-mapped to BT.709")
        } else if video.colour.isWideGamut {
            reasons.append("the source's wide range of colours is converted to BT.709")
        }
        if video.hasAlpha {
            reasons.append("what is transparent in the source is shown on \(Picture.background)")
        }
        if !video.orientation.isUpright {
            reasons.append("the picture is turned upright, so that every player shows it so")
        }
        return reasons
    }

    private static func rateText(_ cap: FrameRateCap) -> String {
        let thousandths = Int(((cap.rate?.value ?? 0) * 1000).rounded())
        return thousandths % 1000 == 0 ? "\(thousandths / 1000)" : "\(Double(thousandths) / 1000)"
    }
}

extension VideoTrack {
    /// The size from which players take an untagged picture for BT.709.
    package var isHighDefinition: Bool { codedSize.height >= 720 || codedSize.width >= 1280 }
}
