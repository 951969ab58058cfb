import SystemPackage

extension Request {
    /// The request for a sample from the middle of what is asked for, at its frame size and its share of the bytes.
    ///
    /// Nil where packets are copied, or where it would be hardly shorter than the whole.
    package func preview(of source: Source, _ plan: Plan, _ lengthMicroseconds: Int) -> Request? {
        let seconds = Double(lengthMicroseconds) / 1_000_000
        guard plan.method != .remux, seconds < source.durationSeconds * 0.8 else { return nil }
        var sample = self
        let whole = Int(source.durationSeconds * 1_000_000)
        let start = (source.part?.startMicroseconds ?? 0) + (whole - lengthMicroseconds) / 2
        sample.span = Span(start: .afterStart(start), length: lengthMicroseconds)
        if let target {
            let share = seconds / source.durationSeconds
            sample.target = ByteSize(bytes: Int(Double(min(target.bytes, plan.limitBytes)) * share))
            sample.heightCap = .exactly(plan.picture.size.shortSide)
        }
        let name = (destination.stem ?? "video") + "-preview.mp4"
        sample.output = destination.removingLastComponent().appending(name)
        sample.overwrites = true
        return sample
    }
}
