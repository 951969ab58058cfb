/// How much is taken over of what a file says of itself.
///
/// A title may be a megabyte long, and a letter may carry a million accents: counted are Unicode's
/// scalars, where the text is read, so that nothing that tells it further has to look.
package enum ToldText {
    /// The longest name: a title, a track's or a chapter's.
    package static let longestName = 500
    /// The longest name of a tag.
    package static let longestKey = 100
    /// The longest name of a language, which has three letters as a rule.
    package static let longestLanguage = 40
    /// The longest of all other texts: more than an MP4 is given, so that what is cut is not kept for whole.
    package static let longestText = 5000
    /// UTF-8 bytes of all texts of a kind in one file.
    static let mostBytes = 64 << 10
}

extension String {
    /// The text, or its beginning and an ellipsis: at most so many Unicode scalars.
    package func clipped(to most: Int) -> String {
        // Most texts are seen to be short by their bytes.
        if utf8.count <= most { return self }
        let scalars = unicodeScalars
        guard
            let end = scalars.index(
                scalars.startIndex,
                offsetBy: most,
                limitedBy: scalars.endIndex
            ),
            end < scalars.endIndex
        else { return self }
        return String(scalars[..<scalars.index(before: end)]) + "…"
    }

    /// The same within what is left of an allowance of bytes, which it takes from.
    func clipped(to most: Int, within bytes: inout Int) -> String {
        let text = clipped(to: min(most, max(1, bytes)))
        bytes = max(0, bytes - text.utf8.count)
        return text
    }
}
