import Core
import SystemPackage

/// What a run needs of the disk, and where its frames are kept.
struct Room {
    let source: Source
    let plan: Plan
    let limits: Compressor.Limits
    let destination: FilePath

    /// Refuses a run that the disk has no room for, before any work is done.
    func check(in workspace: Workspace) throws(Failure) {
        try workspace.checkRoom(for: least, beside: destination)
    }

    /// The result, the sound, and x264's two logs.
    private var least: Int {
        let expected = plan.method == .constantQuality ? plan.expectedBytes : plan.limitBytes
        let blocks = Sweep.analysedSize(of: plan.picture.size).pixels / 256
        let logs = plan.method == .fit ? plan.frames * (160 + blocks) : 0
        return min(expected, source.bytes) + plan.budget.audioBytes + logs
    }

    /// Memory while it lasts, then the disk, else in coded form or by decoding again; chosen before the first frame.
    func keeping(in workspace: Workspace) -> FrameKeeping {
        let spare = max(0, (workspace.freeBytes ?? 0) - least)
        return FrameKeeping.choose(
            frameBytes: plan.picture.size.pixels * 3 / 2,
            // What the container says is sometimes short.
            frames: plan.frames + plan.frames / 50 + 8,
            costs: FrameKeeping.Costs(plan.picture, of: source.video),
            memoryLimitBytes: limits.memoryBytes,
            fileLimitBytes: min(limits.diskBytes ?? 16_000_000_000, spare * 4 / 5)
        )
    }
}

extension Workspace {
    /// Refuses work that the disk has no room for.
    func checkRoom(for least: Int, beside destination: FilePath) throws(Failure) {
        guard let free = freeBytes, free < least else { return }
        throw Failure(
            .storage,
            "Cannot write beside \(destination.string)",
            why:
                "the disk has \(ByteSize.text(free)) free, and this run needs about \(ByteSize.text(least))",
            advice: "Free some space, or name another place with -o."
        )
    }

    /// Whether the disk has no room for even a little more.
    var isFull: Bool { (freeBytes ?? .max) < 64 << 10 }
}
