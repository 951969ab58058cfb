import Core
import SystemPackage

/// Standard input and output in the place of files.
enum Piping {
    /// Whether a call sends its result to standard output, where then nothing else may go.
    ///
    /// Known before parsing: a call that cannot be parsed is answered somewhere too.
    static func takesOutput(_ arguments: [String]) -> Bool {
        let options = Array(arguments.prefix { $0 != "--" })
        return options.contains { ["-o-", "-o=-", "--output=-"].contains($0) }
            || zip(options, options.dropFirst()).contains {
                ["-o", "--output"].contains($0) && $1 == "-"
            }
    }

    /// Refuses a terminal at either end: nobody types a video, and none can be read there.
    static func check(
        _ request: Request,
        isTerminal: (FileDescriptor) -> Bool = Terminal.isTerminal
    ) throws(Failure) {
        try checkInput(request.input, isTerminal: isTerminal)
        guard request.output?.isStandardStream == true else { return }
        guard !isTerminal(.standardOutput) else {
            throw Failure(
                .usage,
                "Standard output is a terminal",
                why: "a video cannot be read there",
                advice:
                    "Send it on, as in 'cinch clip.mov --to 8MB -o - > clip.mp4', or name a file."
            )
        }
    }

    /// Refuses to wait for a video from a keyboard.
    static func checkInput(
        _ path: FilePath,
        isTerminal: (FileDescriptor) -> Bool = Terminal.isTerminal
    ) throws(Failure) {
        guard path.isStandardStream, isTerminal(.standardInput) else { return }
        throw Failure(
            .usage,
            "Standard input is a terminal",
            why: "a video cannot be typed",
            advice: "Send one, as in 'cat clip.mov | cinch - --to 8MB -o clip.mp4', or name a file."
        )
    }
}
