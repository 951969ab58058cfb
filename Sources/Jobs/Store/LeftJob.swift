package import Cloud
import Core
import SystemPackage

/// Something that a run has left in the cloud.
package enum LeftJob: Sendable {
    /// An export of a session.
    case render(JobRecord)
    /// A file's whole way, of a single command.
    case routed(RoutedJob, Stage)

    /// How far a file has come on its way.
    package enum Stage: String, Sendable, Encodable {
        case uploading
        case editing
        case rendering
    }

    package var source: String {
        switch self {
        case .render(let job): job.source
        case .routed(let job, _): Shell.relative(job.input.path)
        }
    }

    package var destination: String {
        switch self {
        case .render(let job): job.destination
        case .routed(let job, _): job.request.destination.string
        }
    }

    /// Seconds since 1970.
    package var began: Double {
        switch self {
        case .render(let job): job.submitted
        case .routed(let job, _): job.began
        }
    }

    package var stage: Stage {
        switch self {
        case .render: .rendering
        case .routed(_, let stage): stage
        }
    }
}
