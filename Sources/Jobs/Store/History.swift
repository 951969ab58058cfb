package import Core
package import Foundation
import SystemPackage

/// What was made on this machine: a receipt for each file, in the state folder.
package struct History: Sendable {
    /// One file that was made.
    package struct Entry: Codable, Equatable, Sendable {
        /// How it was made.
        package enum Route: String, Codable, Sendable {
            case local
            case cloud
        }

        package var version = 1
        /// Its end, as `2026-11-21T22:04:05Z`.
        package var when: String
        package var route: Route
        package var kind: Material.Kind
        package var method: Plan.Method
        /// Whole paths, or `-`.
        package var input: String
        package var output: String
        package var inputBytes: Int
        package var bytes: Int
        package var targetBytes: Int?
        package var limitName: String?
        /// Against the source at the size that it could have had.
        package var ssim: Double?
        package var seconds: Double

        package init(_ report: Report, route: Route, at date: Date = Date()) {
            when = date.formatted(.iso8601)
            self.route = route
            kind = report.kind
            method = report.method
            input = Ledger.whole(report.input)
            output = Ledger.whole(report.output)
            inputBytes = report.inputBytes
            bytes = report.bytes
            targetBytes = report.targetBytes
            limitName = report.namedLimit?.name
            ssim = report.ssim
            seconds = report.elapsedSeconds
        }
    }

    private let file: LineFile

    /// The history of whoever the environment belongs to; nil where it names no place for it.
    package init?(_ environment: [String: String]) {
        guard let file = LineFile(named: "history.jsonl", in: environment) else { return nil }
        self.file = file
    }

    package var path: String { file.path.string }

    /// Keeps a receipt; where that is impossible nothing else is lost.
    package func add(_ report: Report, route: Entry.Route) { file.add(Entry(report, route: route)) }

    /// All that is kept, the oldest first.
    package var entries: [Entry] { file.values(Entry.self) }

    /// Takes all away.
    package func forget() throws(Failure) {
        guard file.remove() else {
            throw Failure(
                .storage,
                "Cannot remove \(path)",
                why: "the system does not allow it",
                advice: "Remove it by hand."
            )
        }
    }
}

extension History {
    /// Keeps a receipt of a file, with the way that it took.
    func add(_ outcome: Routing.Outcome, of request: Request) {
        switch outcome {
        case .local(let report): add(report, route: .local)
        case .cloud(let file):
            add(Report(file, of: request), route: file.maker == .cloud ? .cloud : .local)
        }
    }
}
