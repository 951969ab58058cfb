/// What an input is, by its content and never by its name.
package enum Material: Codable, Sendable, Hashable {
    /// Pictures that move, with sound or without.
    case video(Source)
    /// Something to hear and nothing to see, but for a cover perhaps.
    case sound(SoundSource)
    /// One picture.
    case still(StillSource)

    /// The three of them, as results name them.
    package enum Kind: String, Codable, Sendable, Hashable, CaseIterable {
        case video
        case sound
        case still

        /// For a person: `a video`, `sound`, `a picture`.
        package var words: String {
            switch self {
            case .video: "a video"
            case .sound: "sound"
            case .still: "a picture"
            }
        }
    }

    package var kind: Kind {
        switch self {
        case .video: .video
        case .sound: .sound
        case .still: .still
        }
    }

    package var path: String {
        get {
            switch self {
            case .video(let source): source.path
            case .sound(let source): source.path
            case .still(let source): source.path
            }
        }
        set {
            switch self {
            case .video(var source):
                source.path = newValue
                self = .video(source)
            case .sound(var source):
                source.path = newValue
                self = .sound(source)
            case .still(var source):
                source.path = newValue
                self = .still(source)
            }
        }
    }

    /// libav's short name of the container.
    package var container: String {
        switch self {
        case .video(let source): source.container
        case .sound(let source): source.container
        case .still(let source): source.container
        }
    }
}

extension Material {
    /// What a name's extension says that the content is not, as a sentence for a person; nil where they agree.
    ///
    /// An extension that says nothing to us says nothing wrong.
    package var misnomer: String? {
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
        let named = path[path.index(after: dot)...].lowercased()
        guard let claim = Self.claims[named] else { return nil }
        let family = container.split(separator: ",").first.map(String.init) ?? container
        if claim.containers.contains(family) {
            guard let kind = claim.kind, kind != self.kind else { return nil }
            return self.kind == .sound
                ? "named .\(named), but there is sound alone in it"
                : "named .\(named), but is \(self.kind.words)"
        }
        let name = Self.names[family] ?? family
        let article = Self.spokenWithVowel.contains(name) ? "an" : "a"
        switch kind {
        case .video: return "named .\(named), but is \(article) \(name) video"
        case .sound: return "named .\(named), but is \(name) sound"
        case .still: return "named .\(named), but is \(article) \(name) picture"
        }
    }

    /// What a file is likely to be by the extension of its name; nil where that says nothing.
    package static func likelyKind(fileExtension: String) -> Kind? {
        let name = fileExtension.lowercased()
        guard let claim = claims[name] else { return nil }
        return claim.kind ?? (name == "ogg" ? .sound : .still)
    }

    /// The same; nil too where the extension is used for more than one kind.
    package static func namedKind(fileExtension: String) -> Kind? {
        claims[fileExtension.lowercased()]?.kind
    }

    private struct Claim {
        /// Nil where the container is used for more than one.
        var kind: Kind?
        var containers: Set<String>

        init(_ kind: Kind?, _ containers: Set<String>) {
            self.kind = kind
            self.containers = containers
        }
    }

    /// What extensions say, those that people have.
    private static let claims: [String: Claim] = {
        var claims: [String: Claim] = [
            "mkv": Claim(.video, ["matroska"]), "webm": Claim(.video, ["matroska"]),
            "avi": Claim(.video, ["avi"]), "flv": Claim(.video, ["flv", "live_flv"]),
            "ogv": Claim(.video, ["ogg"]), "mxf": Claim(.video, ["mxf", "mxf_opatom"]),
            "mp3": Claim(.sound, ["mp3"]), "wav": Claim(.sound, ["wav", "w64"]),
            "aac": Claim(.sound, ["aac"]), "flac": Claim(.sound, ["flac", "ogg"]),
            "opus": Claim(.sound, ["ogg"]), "oga": Claim(.sound, ["ogg"]),
            "ogg": Claim(nil, ["ogg"]), "wma": Claim(.sound, ["asf"]),
            "mka": Claim(.sound, ["matroska"]), "aif": Claim(.sound, ["aiff"]),
            "aiff": Claim(.sound, ["aiff"]), "amr": Claim(.sound, ["amr"]),
            "gif": Claim(nil, ["gif"]), "png": Claim(nil, ["png_pipe", "apng"]),
            "webp": Claim(nil, ["webp_pipe", "webp", "webp_anim"]),
            "bmp": Claim(.still, ["bmp_pipe"]),
        ]
        for name in ["mp4", "m4v", "mov", "qt", "3gp", "3g2"] {
            claims[name] = Claim(.video, ["mov"])
        }
        for name in ["m4a", "m4b", "m4r"] { claims[name] = Claim(.sound, ["mov"]) }
        for name in ["ts", "m2ts", "mts"] { claims[name] = Claim(.video, ["mpegts"]) }
        for name in ["mpg", "mpeg", "vob"] {
            claims[name] = Claim(.video, ["mpeg", "mpegvideo", "mpegts"])
        }
        for name in ["wmv", "asf"] { claims[name] = Claim(.video, ["asf"]) }
        for name in ["jpg", "jpeg", "jpe", "jfif"] { claims[name] = Claim(.still, ["jpeg_pipe"]) }
        for name in ["tif", "tiff"] { claims[name] = Claim(.still, ["tiff_pipe"]) }
        return claims
    }()

    private static let names: [String: String] = [
        "mov": "MP4", "matroska": "Matroska", "avi": "AVI", "mpegts": "MPEG-TS", "mpeg": "MPEG",
        "mpegvideo": "MPEG", "flv": "FLV", "live_flv": "FLV", "asf": "Windows Media",
        "ogg": "Ogg", "gif": "GIF", "apng": "PNG", "mp3": "MP3", "wav": "WAV", "aac": "AAC",
        "flac": "FLAC", "aiff": "AIFF", "amr": "AMR", "mxf": "MXF", "jpeg_pipe": "JPEG",
        "png_pipe": "PNG", "webp_pipe": "WebP", "bmp_pipe": "BMP", "tiff_pipe": "TIFF",
        "yuv4mpegpipe": "YUV4MPEG",
    ]

    private static let spokenWithVowel: Set<String> = [
        "MP4", "AVI", "MPEG-TS", "MPEG", "FLV", "Ogg", "MXF",
    ]
}
