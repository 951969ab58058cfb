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
    /// file in the current folder that is not `known`: a name that was sent already is talked
    /// about. `isFile` says what there is; a path is given to it absolute or relative, with `~`
    /// resolved.
    init(
        _ line: String,
        known: [String] = [],
        home: String = NSHomeDirectory(),
        isFile: (String) -> Bool = Self.exists
    ) {
        // A name with bare blanks can only be recognised where it is all there is.
        let whole = line.trimmingCharacters(in: .whitespaces)
        if !known.contains(whole), let path = Self.path(whole, home: home), isFile(path) {
            paths = [path]
            return
        }
        let words = Self.words(of: line)
        let named = words.filter { Self.looksLikePath($0.word) }
            .compactMap { Self.path($0.word, home: home) }.filter(isFile)
        let names = Set(known + named.map { Self.name($0) })
        var rest: [Substring] = []
        for (blanks, raw, word) in words {
            rest.append(blanks)
            let isPath = Self.looksLikePath(word)
            guard isPath || MediaFormat(fileName: word) != nil, isPath || !names.contains(word),
                let path = Self.path(word, home: home)
            else {
                rest.append(raw)
                continue
            }
            if isFile(path) {
                if !paths.contains(path) { paths.append(path) }
            } else if isPath, MediaFormat(fileName: word) != nil {
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

    /// A name as it was pasted, where it leads to no file as it is: in quotes, with escaped blanks,
    /// as an address, with blanks or an end of line around it.
    ///
    /// The name of a file that is there; else what was meant as near as can be told.
    static func pasted(
        _ name: String,
        home: String = NSHomeDirectory(),
        isFile: (String) -> Bool = Self.exists
    ) -> String {
        guard !isFile(name) else { return name }
        let bare = name.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !bare.isEmpty else { return name }
        let (word, end) = word(in: bare, at: bare.startIndex)
        for reading in [bare, end == bare.endIndex ? word : bare] {
            if let path = path(reading, home: home), isFile(path) { return path }
        }
        // Of an address the path is told.
        return bare.lowercased().hasPrefix("file:") ? path(bare, home: home) ?? name : name
    }

    /// Words with the blanks before them, as they are written and as a shell would read them.
    private static func words(
        of line: String
    ) -> [(blanks: Substring, raw: Substring, word: String)] {
        var words: [(Substring, Substring, String)] = []
        var place = line.startIndex
        while place < line.endIndex {
            let blanks = line[place...].prefix(while: \.isWhitespace)
            guard blanks.endIndex < line.endIndex else { break }
            let (word, end) = word(in: line, at: blanks.endIndex)
            words.append((blanks, line[blanks.endIndex..<end], word))
            place = end
        }
        return words
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
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
