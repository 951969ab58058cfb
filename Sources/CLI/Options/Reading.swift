import Core
import Jobs
import SystemPackage

extension Reading {
    /// The video, which must be named.
    static func input(_ text: String?) throws(Failure) -> FilePath {
        guard let text else {
            throw Failure(
                .usage,
                "The input is missing",
                why: "no video was named",
                advice: "\(Help.usage)\nTry:   cinch holiday.mov --to 8MB\nMore:  cinch --help"
            )
        }
        return try path(text, name: "INPUT")
    }

    /// A path, which is never empty.
    static func path(_ text: String, name: String) throws(Failure) -> FilePath {
        try checkPath(text, name: name)
        // What is read may be pasted in many ways; what is written is called as it is written.
        let isRead = ["INPUT", "ORIGINAL", "RESULT"].contains(name)
        return FilePath(isRead ? DroppedPaths.pasted(text) : text)
    }

    /// What `--max-height` and `--height` say together.
    static func heightCap(most: String?, exact: String?) throws(Failure) -> HeightCap {
        guard let exact else { return try most.map(value) ?? .automatic }
        guard most == nil else {
            throw Failure(
                .usage,
                "--height and --max-height say two sizes",
                why: "--height \(exact) leaves no choice",
                advice: "Leave one of them out."
            )
        }
        let examples = "lines of the short side, from 16 to 8640, such as 720 or 1080p"
        return .exactly(
            try value(exact, option: "--height", examples: examples, HeightCap.lines(parsing:))
        )
    }
}
