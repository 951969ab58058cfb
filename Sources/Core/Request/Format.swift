package import SystemPackage

/// What can be made.
package enum Format: String, Codable, Sendable, CaseIterable {
    case mp4
    case m4a
    case jpeg
    case webp

    /// Reads `mp4`, `m4a`, `jpeg` or `jpg`, and `webp`; nil for anything else.
    package init?(parsing text: String) {
        let lowered = text.lowercased()
        guard let format = Format(rawValue: lowered == "jpg" ? "jpeg" : lowered) else {
            return nil
        }
        self = format
    }

    /// The format that an output's extension names; nil where it names none of these.
    package init?(fileExtension: String) {
        switch fileExtension.lowercased() {
        case "mp4", "m4v": self = .mp4
        case "m4a": self = .m4a
        case "jpg", "jpeg": self = .jpeg
        case "webp": self = .webp
        default: return nil
        }
    }

    /// What a file of this format ends with.
    package var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    /// What it is made of an input where nobody says otherwise.
    package static func usual(for kind: Material.Kind) -> Format {
        switch kind {
        case .video: .mp4
        case .sound: .m4a
        case .still: .jpeg
        }
    }

    /// What can be made of an input, the usual one first.
    static func possible(for kind: Material.Kind) -> [Format] {
        switch kind {
        case .video: [.mp4, .m4a]
        case .sound: [.m4a]
        case .still: [.jpeg, .webp]
        }
    }

    /// For a person.
    package var words: String {
        switch self {
        case .mp4: "MP4"
        case .m4a: "M4A"
        case .jpeg: "JPEG"
        case .webp: "WebP"
        }
    }
}

extension Request {
    /// Where the result goes: the named output, or `<name>-8MB.mp4` beside the input (`<name>-discord.mp4`
    /// for a limit by name, `<name>-small.mp4` without a target).
    ///
    /// Before the input is known it is taken for a video; `settled` knows better.
    package var destination: FilePath { destination(as: format ?? .mp4) }

    /// Where a result of that format goes.
    package func destination(as format: Format) -> FilePath {
        if let output { return output }
        let folder = folder ?? input.removingLastComponent()
        if let stem { return folder.appending("\(stem).\(format.fileExtension)") }
        let suffix = "-\(purpose).\(format.fileExtension)"
        // The suffix may be one too many for a name that is as long as names can be.
        var stem = input.stem ?? "video"
        while stem.utf8.count + suffix.utf8.count > Self.longestName { stem.removeLast() }
        return folder.appending(stem + suffix)
    }

    /// All places where a result may go as long as the input is not known.
    package var destinations: [FilePath] {
        if let output { return [output] }
        return (format.map { [$0] } ?? Format.allCases).map(destination(as:))
    }

    /// Bytes that a name may have on every usual file system.
    private static let longestName = 255

    /// The request with its format and its output settled, once it is known what the input is.
    ///
    /// Throws: `Failure` of kind `.usage` where that cannot be made of it, or where the output's name
    ///   says something else.
    package func settled(for kind: Material.Kind) throws(Failure) -> Request {
        var settled = self
        let named = try namedFormat(for: kind)
        if let format, let named, format != named {
            throw Failure(
                .usage,
                "--format \(format.rawValue) and the name of the output say two things",
                why: "the name ends in .\(output?.extension ?? "")",
                advice:
                    "Name the output with .\(format.fileExtension) at its end, or leave --format out."
            )
        }
        let chosen = format ?? named ?? .usual(for: kind)
        guard Format.possible(for: kind).contains(chosen) else {
            throw Failure(
                .usage,
                "Cannot make \(chosen.words) of \(input.string)",
                why: "it is \(kind.words)",
                advice: Self.advice(for: kind)
            )
        }
        settled.format = chosen
        settled.output = destination(as: chosen)
        return settled
    }

    /// The options that say nothing of what will be made, in a sentence; nil where there are none.
    ///
    /// Of a request that is settled. They are no error: one call may be made for files of all kinds.
    package var idleOptions: String? {
        var options: [String] = []
        switch format {
        case .m4a?:
            if heightCap != .automatic {
                options.append(heightCap.isExact ? "--height" : "--max-height")
            }
            if frameRateCap != .automatic { options.append("--fps") }
        case .jpeg?, .webp?:
            if frameRateCap != .automatic { options.append("--fps") }
            if audio != .automatic { options.append("--audio") }
            if audioTrack != .automatic { options.append("--audio-track") }
            if span != nil { options += ["--start", "--end"] }
        case .mp4?, nil: break
        }
        guard let last = options.popLast(), let format else { return nil }
        let all = options.isEmpty ? last : options.joined(separator: ", ") + " and " + last
        return "\(all) \(options.isEmpty ? "means" : "mean") nothing for \(format.words)"
    }

    /// What the output's name asks for; nil where it has no extension.
    private func namedFormat(for kind: Material.Kind) throws(Failure) -> Format? {
        guard let name = output?.extension else { return nil }
        if let format = Format(fileExtension: name) { return format }
        let formats = Format.possible(for: kind)
        throw Failure(
            .usage,
            "Cannot make a .\(name.lowercased()) file",
            why: kind == .video
                ? "Cinch writes MP4"
                : "of \(kind.words) Cinch makes \(formats.map(\.words).joined(separator: " or "))",
            advice: "Name the output with .\(formats[0].fileExtension) at its end."
        )
    }

    private static func advice(for kind: Material.Kind) -> String {
        switch kind {
        case .video: "Of a video Cinch makes MP4 (mp4), or M4A of its sound alone (m4a)."
        case .sound: "Of sound Cinch makes M4A (m4a)."
        case .still: "Of a picture Cinch makes JPEG (jpeg) or WebP (webp)."
        }
    }
}
