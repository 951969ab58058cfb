/// How a text may look where it is written: colours or none, fine lines or ASCII.
struct Style: Equatable, Sendable {
    /// Whether escape sequences for colour may be written.
    var usesColour: Bool
    /// False where the locale says that it cannot show more than ASCII.
    var usesUnicode: Bool

    /// No colours, fine lines: what a file or a pipe gets.
    static let plain = Style(usesColour: false, usesUnicode: true)

    /// No colours, ASCII only.
    static let ascii = Style(usesColour: false, usesUnicode: false)

    init(usesColour: Bool, usesUnicode: Bool) {
        self.usesColour = usesColour
        self.usesUnicode = usesUnicode
    }

    /// Follows `NO_COLOR` (no-color.org: set and not empty), `TERM` and the locale.
    init(environment: [String: String], isTerminal: Bool) {
        let isPlain = environment["TERM"] == "dumb" || environment["NO_COLOR"]?.isEmpty == false
        usesColour = isTerminal && !isPlain
        let names = ["LC_ALL", "LC_CTYPE", "LANG"]
        let locale = names.compactMap { environment[$0] }.first { !$0.isEmpty }?.lowercased()
        // Where nothing is said, as in a bare container, the terminal outside knows UTF-8.
        usesUnicode = locale.map { $0.contains("utf-8") || $0.contains("utf8") } ?? true
    }

    /// The name of a thing.
    func bold(_ text: String) -> String { wrapped("1", text) }

    /// What matters less.
    func dim(_ text: String) -> String { wrapped("2", text) }

    /// Done, and done right.
    func green(_ text: String) -> String { wrapped("32", text) }

    /// What fills.
    func cyan(_ text: String) -> String { wrapped("36", text) }

    /// Worth knowing.
    func yellow(_ text: String) -> String { wrapped("33", text) }

    /// Failed.
    func red(_ text: String) -> String { wrapped("1;31", text) }

    private func wrapped(_ code: String, _ text: String) -> String {
        usesColour && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
