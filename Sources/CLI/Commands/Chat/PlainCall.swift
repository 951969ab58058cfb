import Cloud
import Core
import Jobs
import SystemPackage

/// A call in which one of the arguments is a sentence: `cinch "压到8MB" clip.mp4`.
///
/// The sentence becomes the options that say the same; options that are there already go before it.
struct PlainCall: Equatable {
    /// What is called in its stead.
    private(set) var arguments: [String]
    /// As it was written.
    let sentence: String
    let wish: PlainWish
    /// What a person should know beside what was understood.
    private(set) var notes: [String] = []
    /// The files that are named beside it.
    private(set) var files: [String] = []

    /// Options that stand for themselves; the argument after any other one is its value.
    static let flags: Set<String> = [
        "--force", "--strict", "--background", "--quiet", "-q", "--json", "--recursive", "-r",
        "--resume", "--offline", "--split", "--cloud", "--simulate",
    ]

    /// Nil where no argument is a sentence, or the command takes none.
    ///
    /// `limits` are those that a sentence may name; only one is worth the reading of the settings.
    init?(
        _ arguments: [String],
        limits: @autoclosure () -> NamedLimits = .builtIn,
        isFile: (String) -> Bool = DroppedPaths.exists
    ) {
        let isNamed = ["plan", "compress"].contains(arguments.first)
        if !isNamed, let first = arguments.first, Help.isSubcommand(first) { return nil }
        let places = Self.positional(arguments).filter { isNamed ? $0 > 0 : true }
        guard
            let place = places.first(where: { place in
                let text = arguments[place]
                return !isFile(DroppedPaths.pasted(text, isFile: isFile))
                    && (Self.looksLikeSentence(text)
                        || places.count > 1 && Self.isWish(text))
            })
        else { return nil }
        let words = arguments[place]
        // A name in the sentence may be the file's.
        let dropped = DroppedPaths(words, isFile: isFile)
        var files = places.filter { $0 != place }.map { arguments[$0] }
        var rest = arguments
        rest.remove(at: place)
        if files.isEmpty, !dropped.paths.isEmpty {
            files = dropped.paths
            rest.insert(contentsOf: files, at: isNamed ? 1 : 0)
        }
        let limits = limits()
        let wish = PlainWish.of(words, limits: limits)
        guard wish.isUnderstood || files.contains(where: isFile) && !wish.edits.isEmpty else {
            return nil
        }
        (sentence, self.wish, self.files) = (words, wish, files)
        // After two dashes all are names.
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        self.arguments = Array(rest[..<end])
        addOptions(limits)
        self.arguments += rest[end...]
    }

    /// What was understood, in one line; nil where nothing was.
    var summary: String? {
        guard wish.isUnderstood else { return nil }
        let meanings = wish.understood.map(\.meaning)
        return "understood: "
            + (meanings.isEmpty ? "a smaller file" : meanings.joined(separator: ", "))
    }

    /// Whether the call itself says that the cloud may be used.
    private var allowsCloud: Bool {
        arguments.contains("--cloud") || arguments.contains("--route=cloud")
            || zip(arguments, arguments.dropFirst()).contains { $0 == ("--route", "cloud") }
    }

    /// Refuses what nobody can do here, where the call does not let it go to the cloud.
    func checkEdits() throws(Failure) {
        guard !wish.edits.isEmpty, !allowsCloud else { return }
        let edits = wish.edits.map { "'\($0)'" }.joined(separator: ", ")
        let file = files.first.map(Shell.quoted) ?? "FILE"
        var advice = "To have it made there: cinch chat \(file) -m \(Shell.word(sentence))"
        if !wish.understood.isEmpty {
            advice +=
                "\nWithout it, here: cinch "
                + arguments.map(Shell.word).joined(separator: " ")
        }
        throw Failure(
            .usage,
            "Cannot do this here: \(edits)",
            why: "edits are for the cloud agent, and nothing is sent there unasked",
            advice: advice
        )
    }

    // MARK: - Options

    private mutating func addOptions(_ limits: NamedLimits) {
        let meant = wish
        if !meant.edits.isEmpty, allowsCloud {
            // The agent gets the whole sentence; what comes back has to fit all the same.
            arguments += ["--edit", sentence]
            addSize(limits)
            return
        }
        addSize(limits)
        switch meant.heightCap {
        case .lines(let lines)?: add("--max-height", "\(lines)")
        case .exactly(let lines)?: add("--height", "\(lines)")
        case .source?: add("--max-height", "source")
        default: break
        }
        if meant.frameRateCap == .source { add("--fps", "source") }
        if case .perSecond(let rate)? = meant.frameRateCap {
            let isWhole = rate.numerator % rate.denominator == 0
            add(
                "--fps",
                isWhole
                    ? "\(rate.numerator / rate.denominator)"
                    : "\(rate.numerator)/\(rate.denominator)"
            )
        }
        if let format = meant.format {
            add("--format", format.rawValue, besides: ["-o", "--output"])
        }
        if let speed = meant.speed { add("--speed", speed.rawValue) }
        if meant.audio == AudioWish.none { add("--audio", "none") }
        if let span = meant.span { add(span) }
        switch meant.parts {
        case .fewest?: add("--split", nil, besides: ["--parts"])
        case .count(let count)?: add("--parts", "\(count)", besides: ["--split"])
        case nil: break
        }
        notes += meant.contradictions
    }

    /// Of a size, a share and the name of a place the least that is said.
    private mutating func addSize(_ limits: NamedLimits) {
        var sizes: [(bytes: Int, option: String, value: String)] = []
        var wanted = [wish.target]
        if let share = wish.share { wanted.append(size(of: share)) }
        for size in wanted.compactMap(\.self) {
            sizes.append((size.bytes, "--to", size.fileNameText))
        }
        if let name = wish.limitName, let limit = limits.all.first(where: { $0.name == name }) {
            sizes.append((limit.size.bytes, "--for", name))
        }
        guard let least = sizes.min(by: { $0.bytes < $1.bytes }) else { return }
        add(least.option, least.value, besides: [least.option == "--to" ? "--for" : "--to"])
    }

    private mutating func add(_ option: String, _ value: String?, besides others: [String] = []) {
        let given = ([option] + others).first { name in
            arguments.contains { $0 == name || $0.hasPrefix(name + "=") }
        }
        if let given {
            if given == option || !["-o", "--output"].contains(given) {
                notes.append("\(given) goes before the words")
            }
            return
        }
        arguments += [option] + (value.map { [$0] } ?? [])
    }

    private mutating func add(_ span: Span) {
        let given = ["--start", "--end", "--duration"].contains { name in
            arguments.contains { $0 == name || $0.hasPrefix(name + "=") }
        }
        guard !given else {
            notes.append("--start, --end and --duration go before the words")
            return
        }
        if span.start != .afterStart(0) { arguments += ["--start", Self.text(span.start)] }
        if let end = span.end { arguments += ["--end", Self.text(end)] }
        if let length = span.length {
            arguments += ["--duration", Self.text(.afterStart(length))]
        }
    }

    private static func text(_ moment: Span.Moment) -> String {
        switch moment {
        case .afterStart(let time): seconds(time)
        case .beforeEnd(let time): "-" + seconds(time)
        }
    }

    private static func seconds(_ microseconds: Int) -> String {
        var text = "\(microseconds / 1_000_000)."
        text += String(1_000_000 + microseconds % 1_000_000).dropFirst()
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// What a share of the file's bytes comes to; three digits of them are enough in a name.
    private mutating func size(of share: Double) -> ByteSize? {
        let names = files.map { DroppedPaths.pasted($0) }
        guard names.count == 1, let bytes = names.first.flatMap({ FilePath($0).fileBytes }),
            bytes > 0
        else {
            notes.append("a share of the size needs one file; give a size instead")
            return nil
        }
        let exact = max(1, Int(Double(bytes) * share))
        var unit = 1
        while exact / unit >= 1000 { unit *= 10 }
        return ByteSize(bytes: exact / unit * unit)
    }

    // MARK: - Arguments

    /// The arguments that are neither options nor their values.
    private static func positional(_ arguments: [String]) -> [Int] {
        var places: [Int] = []
        var isValue = false
        for (place, argument) in arguments.enumerated() {
            if argument == "--" { return places + Array((place + 1)..<arguments.count) }
            if isValue {
                isValue = false
            } else if argument.hasPrefix("-"), argument.count > 1 {
                isValue =
                    !flags.contains(argument) && !argument.hasPrefix("--no-")
                    && !argument.contains("=")
            } else {
                places.append(place)
            }
        }
        return places
    }

    /// A blank between words, or Han characters; a path has neither, or is one all the same.
    private static func looksLikeSentence(_ text: String) -> Bool {
        let isPath = text.contains("/") && !text.contains(" ")
        let isHan = text.unicodeScalars.contains { (0x2E80...0x9FFF).contains($0.value) }
        return !isPath && (isHan || text.contains { $0.isWhitespace })
    }

    /// One word that says no more than a wish, and is no name of a file: `8MB`, `smaller`.
    private static func isWish(_ text: String) -> Bool {
        guard !text.contains("/"), !text.contains("*"), MediaFormat(fileName: text) == nil else {
            return false
        }
        let wish = PlainWish.of(text)
        return wish.isUnderstood && wish.edits.isEmpty
    }
}

/// What `--json` says of a sentence.
struct UnderstoodPayload: Encodable {
    var words: String
    var meanings: [PlainWish.Meaning]
    var notes: [String]

    init(_ call: PlainCall) {
        (words, meanings, notes) = (call.sentence, call.wish.understood, call.notes)
    }
}
