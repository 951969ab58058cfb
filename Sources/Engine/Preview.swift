package import Core

extension Compressor {
    /// Makes a short sample from the middle, at the frame size and the rate that the whole will have.
    ///
    /// It goes beside the result, as `<name>-preview.mp4`, and replaces another of that name.
    /// Nil where there is nothing to look at first: the input is no video, is copied, or is hardly longer.
    package func preview(
        of request: Request,
        _ lengthMicroseconds: Int
    ) async throws(Failure) -> Report? {
        guard !request.input.isStandardStream, request.output?.isStandardStream != true else {
            throw Failure(
                .usage,
                "--preview needs files",
                why: "standard input can be read once, and standard output takes one result",
                advice: "Name the input and the output."
            )
        }
        guard let (source, plan) = try await plan(request).video,
            let sample = request.preview(of: source, plan, lengthMicroseconds)
        else { return nil }
        // Of the part only the source's bytes are wanted: without a target nothing is tried out.
        var measured = sample
        measured.target = nil
        guard let part = try await self.plan(measured).video?.source else { return nil }
        return try await run(sample.preview(weighing: part, against: source)) { _ in }
    }
}
