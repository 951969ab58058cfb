import CFFmpeg

/// One decoded picture or block of samples, reused from one pull to the next.
package struct Frame: ~Copyable {
    let handle: Owned<AVFrame>
    var pointer: UnsafeMutablePointer<AVFrame> { handle.pointer }

    package init() throws(MediaError) {
        handle = try Owned(av_frame_alloc(), freedBy: av_frame_free)
    }

    /// Presentation time in the time base of whoever made the frame.
    package var presentationTime: Int? {
        get { pointer.pointee.pts == cinch_no_pts ? nil : Int(pointer.pointee.pts) }
        set { pointer.pointee.pts = newValue.map(Int64.init) ?? cinch_no_pts }
    }

    /// Whether the encoder is to begin a new group of pictures here; pass 2 follows pass 1's log instead.
    package var startsGroup: Bool {
        get { pointer.pointee.pict_type == AV_PICTURE_TYPE_I }
        set { pointer.pointee.pict_type = newValue ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE }
    }

    /// Of a block of sound, for each channel.
    package var sampleCount: Int { Int(pointer.pointee.nb_samples) }

    package var width: Int { Int(pointer.pointee.width) }
    package var height: Int { Int(pointer.pointee.height) }

    /// Takes full range for what the pixel format says by itself, so that pictures of both can be compared.
    package mutating func forgetRange() {
        if pointer.pointee.format == AV_PIX_FMT_YUVJ420P.rawValue {
            pointer.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        }
    }

    /// Whether both refer to one picture, which is so where a frame is repeated.
    package borrowing func refers(toPictureOf other: borrowing Frame) -> Bool {
        pointer.pointee.data.0 != nil && pointer.pointee.data.0 == other.pointer.pointee.data.0
    }

    /// Becomes one more reference to a picture; while it is one, its buffer is not used for another.
    package mutating func refer(
        to other: borrowing Frame,
        doing: @autoclosure () -> String
    ) throws(MediaError) {
        av_frame_unref(pointer)
        try MediaError.check(av_frame_ref(pointer, other.pointer), doing())
    }

    /// Drops the picture; the object stays.
    package mutating func clear() {
        av_frame_unref(pointer)
    }

    /// A sum over the visible luma and chroma of an 8-bit 4:2:0 picture: equal pictures have equal sums.
    package var checksum: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        let planes = [
            (pointer.pointee.data.0, pointer.pointee.linesize.0, width, height),
            (pointer.pointee.data.1, pointer.pointee.linesize.1, (width + 1) / 2, (height + 1) / 2),
            (pointer.pointee.data.2, pointer.pointee.linesize.2, (width + 1) / 2, (height + 1) / 2),
        ]
        for (data, stride, columns, rows) in planes {
            guard let data else { continue }
            for row in 0..<rows {
                let line = UnsafeBufferPointer(start: data + row * Int(stride), count: columns)
                for byte in line { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            }
        }
        return hash
    }
}
