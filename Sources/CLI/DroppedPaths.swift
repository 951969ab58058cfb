import Cloud
import Foundation

/// Files that came into a line of a conversation, as terminals paste what is dropped on them:
/// in quotes, with escaped blanks, as `file://` addresses.
struct DroppedPaths: Equatable {
    /// In order, each once.
    var paths: [String] = []
    /// Names that are clearly meant as files, and are none.
    var missing: [String] = []
    /// What else the line says.
    var text = ""

    /// Takes a line apart.
    ///
    /// A word is a file if it looks like a path and leads to one, or if it is the name of a media
    /// file in the current folder. `isFile` says what there is; a path is given to it absolute or
    /// relative, with `~` resolved.
    init(_ line: String, home: String = NSHomeDirectory(), isFile: (String) -> Bool = Self.exists) {
        // A name with bare blanks can only be recognised where it is all there is.
        let whole = line.trimmingCharacters(in: .whitespaces)
        if let path = Self.path(whole, home: home), isFile(path) {
            paths = [path]
            return
        }
        var rest: [Substring] = []
        var place = line.startIndex
        while place < line.endIndex {
            let blanks = line[place...].prefix(while: \.isWhitespace)
            rest.append(blanks)
            place = blanks.endIndex
            guard place < line.endIndex else { break }
            let (word, end) = Self.word(in: line, at: place)
            let raw = line[place..<end]
            place = end
            guard let path = Self.path(word, home: home), Self.isMeant(raw, word) else {
                rest.append(raw)
                continue
            }
            if isFile(path) {
                if !paths.contains(path) { paths.append(path) }
            } else if Self.looksLikePath(word), MediaFormat(fileName: word) != nil {
                missing.append(word)
            } else {
                rest.append(raw)
            }
        }
        text = rest.joined().trimmingCharacters(in: .whitespaces)
        if !paths.isEmpty || !missing.isEmpty {
            // Where a path stood between two words, one blank is left of two.
            text = text.split(separator: " ").joined(separator: " ")
        }
    }

    /// Whether there is an ordinary file, or something that will be refused as one.
    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// A word as a shell would read it: a quoted one whole, with escaped characters bare.
    private static func word(
        in line: String,
        at start: String.Index
    ) -> (word: String, end: String.Index) {
        let quote = line[start]
        if quote == "'" || quote == "\"" {
            var word = ""
            var place = line.index(after: start)
            while place < line.endIndex {
                let next = line.index(after: place)
                if line[place] == quote {
                    let isEnd = next == line.endIndex || line[next].isWhitespace
                    if isEnd { return (word, next) }
                    // 'it'\''s' is how a shell writes it's.
                    if quote == "'", line[next...].hasPrefix("\\''") {
                        word.append("'")
                        place = line.index(next, offsetBy: 3)
                        continue
                    }
                    break
                }
                if quote == "\"", line[place] == "\\", next < line.endIndex {
                    word.append(line[next])
                    place = line.index(after: next)
                    continue
                }
                word.append(line[place])
                place = next
            }
        }
        var word = ""
        var place = start
        while place < line.endIndex, !line[place].isWhitespace {
            let next = line.index(after: place)
            if line[place] == "\\", next < line.endIndex {
                word.append(line[next])
                place = line.index(after: next)
            } else {
                word.append(line[place])
                place = next
            }
        }
        return (word, place)
    }

    private static func looksLikePath(_ word: String) -> Bool {
        ["/", "~/", "./", "../", "file://"].contains { word.hasPrefix($0) } && word.count > 1
    }

    /// Whether a word may be a file at all: most words of a sentence are not looked up.
    private static func isMeant(_ raw: Substring, _ word: String) -> Bool {
        looksLikePath(word) || MediaFormat(fileName: word) != nil
    }

    private static func path(_ word: String, home: String) -> String? {
        if word.lowercased().hasPrefix("file:") {
            guard let url = URL(string: word), url.isFileURL,
                [nil, "", "localhost"].contains(url.host()), !url.path.isEmpty
            else { return nil }
            return url.path
        }
        guard !word.isEmpty, !word.utf8.contains(0) else { return nil }
        if word.hasPrefix("~/") { return home + word.dropFirst() }
        return word
    }
}
