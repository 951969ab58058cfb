package import SystemPackage

/// How one render goes from its submission to its file.
package struct RenderScript: Sendable {
    package var course: Course = .timed(seconds: 45)
    package var end: End = .completed
    package var product: Product?
    /// What the poll says of the file's address.
    package var address: Address = .given
    /// The size that the poll states, where it is not the file's own.
    package var statedBytes: Int?
    /// Whether a second submission of this id gets the existing job instead of an error (§9.2).
    package var adoptsDuplicates = false

    package enum Course: Sendable {
        /// Pending, then processing 5 to 95, done after so long in the service's time and when
        /// the file is there.
        case timed(seconds: Double)
        /// One answer a poll; when they are used up and the file is there, the end.
        case polls([Poll])
        /// Processing for ever.
        case stuck
    }

    /// What one poll says.
    package struct Poll: Sendable {
        package var status: String
        /// Nil: no such member.
        package var progress: JSON?

        package init(_ status: String, _ progress: JSON?) {
            (self.status, self.progress) = (status, progress)
        }
    }

    package enum End: Sendable, Equatable {
        case completed
        case failed(String)
    }

    /// What the file is.
    package enum Product: Sendable {
        /// The uploaded video, encoded anew by this project's own encoder.
        case transcoded
        case file(FilePath)
        case bytes([UInt8])
    }

    package enum Address: Sendable, Equatable {
        case given
        /// None in the first n polls that say completed.
        case late(polls: Int)
        case never
        /// An address where there is nothing (404).
        case wrong
    }

    package init() {}

    /// The polls of §19, 1: pending, processing 5 and 50, then completed.
    package static var stepwise: RenderScript {
        var script = RenderScript()
        script.course = .polls([
            Poll("pending", 5), Poll("processing", 5), Poll("processing", 50),
        ])
        return script
    }

    package static func failing(_ message: String = "render failed") -> RenderScript {
        var script = RenderScript.stepwise
        script.end = .failed(message)
        return script
    }

    /// The same with something changed.
    package func with(_ change: (inout RenderScript) -> Void) -> RenderScript {
        var copy = self
        change(&copy)
        return copy
    }
}
