import ArgumentParser
import Core
import Jobs

/// What a file may demand before it is refused, as all commands that read one take it.
struct LimitOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Pixels that a frame may have.", valueName: "number")
    )
    var maxPixels: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Frames that the file may have.", valueName: "number")
    )
    var maxFrames: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Tracks that it may have.", valueName: "number")
    )
    var maxStreams: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Memory that the work on it may take.", valueName: "size")
    )
    var maxMemory: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long it may take to the next frame; to be opened it may compute a twelfth of it.",
            valueName: "seconds"
        )
    )
    var maxStall: String?

    /// The usual limits, but for what the options say.
    func limits() throws(Failure) -> InputLimits {
        var limits = InputLimits()
        func read(
            _ text: String?,
            _ name: InputLimits.Name,
            upTo most: Int,
            into limit: inout Int
        ) throws(Failure) {
            guard let text else { return }
            limit = try Reading.count(text, option: name.option, upTo: most)
        }
        try read(maxPixels, .pixels, upTo: 1_000_000_000_000, into: &limits.pixelsPerFrame)
        try read(maxFrames, .frames, upTo: 1_000_000_000_000, into: &limits.frames)
        try read(maxStreams, .streams, upTo: 100_000, into: &limits.streams)
        if let maxMemory {
            limits.memoryBytes = try Reading.size(maxMemory, option: InputLimits.Name.memory.option)
                .bytes
        }
        try read(maxStall, .stall, upTo: 86_400, into: &limits.waitSeconds)
        return limits
    }
}
