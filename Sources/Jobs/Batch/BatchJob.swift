package import Core
package import Engine
import Foundation
package import SystemPackage

/// A file of a batch that shall be made.
package struct BatchItem: Sendable {
    /// From 1, in the order of the inputs.
    package var number: Int
    /// As people are told of it: short, and not the same as another's.
    package var name: String
    package var request: Request
    /// Of the source, as the weight of its progress; at least 1.
    package var bytes: Int

    package init(number: Int, name: String, request: Request) {
        (self.number, self.name, self.request) = (number, name, request)
        bytes = max(1, request.input.fileBytes ?? 1)
    }

    /// What was found, each with its place, beside it or in a folder.
    ///
    /// `wish`: what becomes of each; `purpose`: what results are called after.
    package static func items(
        for found: [BatchNames.Found],
        wish: Request,
        purpose: String,
        folder: FilePath?
    ) -> [BatchItem] {
        let places = BatchNames.places(
            for: found,
            purpose: purpose,
            folder: folder,
            format: wish.format
        )
        let names = shortNames(found)
        return found.indices.map { index in
            var request = wish
            request.input = found[index].path
            request.folder = places[index].folder
            request.stem = places[index].stem
            return BatchItem(number: index + 1, name: names[index], request: request)
        }
    }

    /// The last part of each path, or more where two would be the same.
    static func shortNames(_ found: [BatchNames.Found]) -> [String] {
        func last(_ count: Int, of path: FilePath) -> String {
            FilePath(root: nil, path.components.suffix(count)).string
        }
        var names = found.map { last(1, of: $0.path) }
        for count in 2...4 {
            let tally = names.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            for index in names.indices where tally[names[index], default: 0] > 1 {
                names[index] = last(count, of: found[index].path)
            }
        }
        return names
    }
}

/// Several files that shall be made, and how.
package struct BatchJob: Sendable {
    package var items: [BatchItem]
    /// How many are made at once.
    package var jobs = Batch.usualJobs
    /// What all may weigh together; nil where each has its own limit, or none.
    package var total: Int?
    /// Whether what an earlier run has made is left out.
    package var isResumed = false
    /// Whether what is within its target and of the right format is left as it is, and not copied.
    package var leavesFitting = false
    /// Those of all files together.
    package var limits = Compressor.Limits()
    package var preferences = RoutePreferences()

    package init(_ items: [BatchItem]) { self.items = items }
}

extension Batch {
    /// So many at once that each still has several processors: the encoder uses them well by itself.
    package static var usualJobs: Int {
        max(1, min(4, ProcessInfo.processInfo.activeProcessorCount / 4))
    }
}
