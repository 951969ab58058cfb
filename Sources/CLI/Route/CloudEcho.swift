import Cloud
import Foundation

/// What is told of one file's way through the cloud where it is one among others.
enum CloudEcho: Sendable, Equatable {
    /// A remark that a person should see.
    case note(String)
    /// What is done, and how far all of it is, 0 to 1.
    case activity(String, Double)
}

extension CloudConsole {
    /// What an event means for a bar that stands for the whole way; nil where nothing.
    func activity(of event: CloudEvent) -> (String, Double)? {
        func share(_ from: Double, _ to: Double, _ part: Double) -> Double {
            from + (to - from) * max(0, min(1, part))
        }
        func part(_ progress: TransferProgress) -> Double {
            guard let total = progress.total, total > 0 else { return 0 }
            return Double(progress.bytes) / Double(total)
        }
        let words = words
        return switch event {
        case .uploading(_, let progress):
            // Whoever is told knows which file it is.
            (
                words.uploading("").trimmingCharacters(in: .whitespaces),
                share(0, 0.3, part(progress))
            )
        case .sent: (words.waiting, 0.3)
        case .working: (words.editing, 0.35)
        case .rendering(let fraction): (words.rendering, share(0.4, 0.8, fraction ?? 0))
        case .downloading(let progress): (words.downloading, share(0.8, 1, part(progress)))
        default: nil
        }
    }
}
