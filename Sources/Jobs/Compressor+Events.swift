package import Core
package import Engine
import Foundation
import SystemPackage

extension Request {
    /// Says before anything is begun that the input is not there.
    ///
    /// - Throws: `Failure` of kind `.missing`.
    package func checkInputIsThere() throws(Failure) {
        // A link is there even where it leads nowhere, which is told otherwise.
        guard !input.isStandardStream,
            (try? FileManager.default.attributesOfItem(atPath: input.string)) == nil
        else { return }
        throw .missing(input)
    }
}

extension Compressor {
    /// Makes a file, and tells of it what a job tells.
    ///
    /// `sample`: how long a sample is, in microseconds, that is made first; nil for none.
    /// - Throws: what `run` throws.
    package func run(
        _ request: Request,
        sample: Int? = nil,
        telling events: @escaping @Sendable (JobEvent) -> Void
    ) async throws(Failure) -> Report {
        events(.localBegan(targetBytes: request.target?.bytes))
        defer { events(.localEnded) }
        if let sample { events(.sample(try await preview(of: request, sample))) }
        return try await run(request) { events(.local($0)) }
    }
}
