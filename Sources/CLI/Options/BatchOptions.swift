import ArgumentParser
import Core
import Jobs

/// What a call with several files can be told.
struct BatchOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Take what is in folders below the folder too.")
    var recursive = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Files at once.", valueName: "number")
    )
    var jobs: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What all files may weigh together.", valueName: "size")
    )
    var total: String?

    @Flag(help: "Leave out what an earlier run of this batch has made.")
    var resume = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Refuse what would look worse: fair, good, excellent or an SSIM.",
            valueName: "quality"
        )
    )
    var minQuality: String?

    /// Whether one of them makes a batch of a call, with however many files.
    var areGiven: Bool { recursive || resume || total != nil || jobs != nil }

    /// The least that a result may look like; nil for whatever comes.
    func leastSimilarity() throws(Failure) -> Double? {
        let quality: LeastQuality? = try minQuality.map(Reading.value)
        return quality?.similarity
    }
}
