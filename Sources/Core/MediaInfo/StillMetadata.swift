/// What of a picture's words goes into the result.
package struct KeptWords: Hashable, Codable, Sendable {
    /// What is kept and removed by name, and the texts that are written anew.
    package var metadata: KeptMetadata
    /// Whether the source's own blocks (EXIF, XMP, IPTC, comments) are taken over as they are.
    package var keepsBlocks: Bool

    /// Whether nothing that the source says has to go.
    package var keepsAll: Bool { metadata.removed.isEmpty }

    /// Chooses by the policy.
    ///
    /// `private` keeps the title and the moments; where, with what and by whom it was taken goes, and so
    /// do the small picture beside the large one and whatever is appended to the file.
    package static func choose(
        from metadata: Metadata,
        policy: Metadata.Policy
    ) -> KeptWords {
        var kept = KeptMetadata(policy: policy)
        let makers = metadata.tags.filter { $0.key == "Make" || $0.key == "Model" }.map(\.value)
        for tag in metadata.tags {
            let name = name(of: tag.key)
            let isKept =
                switch policy {
                case .keep: !derived.contains(tag.key)
                case .none: false
                case .private:
                    name == "date" && isDate(tag.value)
                        || name == "title" && isTitle(tag.value, makers: makers)
                }
            if isKept {
                if let written = written(tag) { kept.tags.append(written) }
                if !kept.kept.contains(name) { kept.kept.append(name) }
            } else {
                if !kept.removed.contains(name) { kept.removed.append(name) }
                if !kept.removedKeys.contains(tag.key) { kept.removedKeys.append(tag.key) }
            }
        }
        return KeptWords(metadata: kept, keepsBlocks: policy == .keep)
    }

    /// What a picture that was made anew no longer has: copies of the old one in other places.
    private static let derived: Set<String> = ["Thumbnail", "AppendedData", "FurtherPictures"]

    /// The tag under the name that EXIF has for it; nil where it has none for a text.
    private static func written(_ tag: Metadata.Tag) -> Metadata.Tag? {
        if Exif.isWritable(tag.key) { return tag }
        switch tag.key {
        case "XPTitle", "Title": return Metadata.Tag("ImageDescription", tag.value)
        case "XPAuthor", "Author": return Metadata.Tag("Artist", tag.value)
        default: return nil
        }
    }

    /// For a person: what a tag tells.
    static func name(of key: String) -> String {
        switch key {
        case "ImageDescription", "XPTitle", "Title", "DocumentName": return "title"
        case "Thumbnail": return "a small picture of it"
        case "AppendedData": return "what is appended to the file"
        case "FurtherPictures": return "further pictures"
        case "XMP", "IPTC": return key
        case "MakerNote", "PrintImageMatching": return Metadata.Kind.device.rawValue
        case "Exif": return "what cannot be read of it"
        case "Creation Time", "Modification Time": return "other dates"
        default: break
        }
        if Exif.dates.contains(key) { return Metadata.Kind.date.rawValue }
        if Exif.settings.contains(key) { return "camera settings" }
        let kind = Metadata.kind(of: key)
        if kind != .other { return kind.rawValue }
        return key.hasPrefix("Exif0x") ? "unknown tags" : String(key.prefix(40))
    }

    /// Digits and what stands between them: nothing else can hide under the name of a date.
    private static func isDate(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isNumber || "-:+./ TZ".contains($0)) }
    }

    /// Cameras write their own name there, or that of the folder.
    private static func isTitle(_ text: String, makers: [String]) -> Bool {
        let lowered = text.lowercased()
        if lowered.isEmpty || lowered.contains("digital camera") || lowered.contains("dcim") {
            return false
        }
        let names = makers.flatMap { $0.lowercased().split(separator: " ") }.filter { $0.count > 2 }
        return !names.contains { lowered.contains($0) }
    }
}
