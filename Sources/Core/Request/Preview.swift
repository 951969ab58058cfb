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

    /// The request for a sample, its bytes by how much more or less the source itself spends there than elsewhere.
    ///
    /// Two passes give a busy scene more than its share of the time; a sample of it with no more than
    /// that looked poor where the whole was good.
    package func preview(weighing sample: Source, against whole: Source) -> Request {
        guard let target, sample.part?.bytesAreEstimated == false,
            sample.durationSeconds > 0, whole.durationSeconds > 0, whole.bytes > 0
        else { return self }
        let own = Double(sample.bytes) / sample.durationSeconds
        let mean = Double(whole.bytes) / whole.durationSeconds
        let weight = min(4, max(0.25, own / mean))
        var request = self
        request.target = ByteSize(bytes: Int(Double(target.bytes) * weight))
        return request
    }
}
