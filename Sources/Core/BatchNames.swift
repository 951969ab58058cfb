package import SystemPackage

/// What the results of many inputs are called, so that no two meet and none is taken for an input.
package enum BatchNames {
    /// An input and the folder below which it was found.
    package struct Found: Sendable, Hashable {
        package var path: FilePath
        /// The folder that was named, for inputs that were found in one.
        package var root: FilePath?

        package init(_ path: FilePath, root: FilePath? = nil) {
            (self.path, self.root) = (path, root)
        }
    }

    /// Where a result goes, but for its extension, which follows from what the input turns out to be.
    package struct Place: Sendable, Hashable {
        package var folder: FilePath
        package var stem: String
    }

    /// Bytes that a name may have, and of them what its extension takes.
    private static let longestStem = 255 - 5

    /// The places for inputs, in their order.
    ///
    /// Beside each input, or in `folder`, where what was found below a named folder keeps its place below it.
    /// Where two would have one name each is told by its own extension, and where that is one too, by a
    /// number.
    package static func places(
        for inputs: [Found],
        purpose: String,
        folder: FilePath?
    ) -> [Place] {
        let folders = inputs.map { self.folder(of: $0, in: folder) }
        func places(_ name: (Int) -> String) -> [Place] {
            inputs.indices.map { index in
                var stem = name(index)
                while stem.utf8.count + purpose.utf8.count + 1 > longestStem, !stem.isEmpty {
                    stem.removeLast()
                }
                return Place(folder: folders[index], stem: "\(stem)-\(purpose)")
            }
        }
        func stem(_ index: Int) -> String { inputs[index].path.stem ?? "video" }
        let plain = places(stem)
        let counts = tally(plain)
        let told = places { index in
            let own = inputs[index].path.extension ?? ""
            return isSole(plain[index], counts) || own.isEmpty
                ? stem(index) : "\(stem(index))-\(own.lowercased())"
        }
        var taken: Set<String> = []
        return told.enumerated().map { index, place in
            var place = place
            var number = 2
            while !taken.insert(key(place)).inserted {
                place.stem = "\(stem(index))-\(number)-\(purpose)"
                number += 1
            }
            return place
        }
    }

    /// Leaves out of what was found in folders all that looks like a result of another: made for this purpose
    /// from a file that is there too.
    package static func withoutResults(
        _ found: [Found],
        purpose: String,
        formats: [Format] = Format.allCases
    ) -> [Found] {
        func name(_ folder: FilePath, _ stem: String, _ end: String) -> String {
            folder.appending("\(stem).\(end)").string.lowercased()
        }
        var results: Set<String> = []
        for input in found {
            let folder = input.path.removingLastComponent()
            let stem = input.path.stem ?? ""
            let own = (input.path.extension ?? "").lowercased()
            for end in formats.map(\.fileExtension) {
                results.insert(name(folder, "\(stem)-\(purpose)", end))
                results.insert(name(folder, "\(stem)-\(own)-\(purpose)", end))
            }
        }
        return found.filter { input in
            input.root == nil || !results.contains(input.path.string.lowercased())
        }
    }

    private static func folder(of input: Found, in folder: FilePath?) -> FilePath {
        guard let folder else { return input.path.removingLastComponent() }
        guard let root = input.root else { return folder }
        var below = input.path.removingLastComponent()
        guard below.removePrefix(root) else { return folder }
        return below.isEmpty ? folder : folder.appending(below.components)
    }

    private static func tally(_ places: [Place]) -> [String: Int] {
        places.reduce(into: [:]) { $0[key($1), default: 0] += 1 }
    }

    private static func isSole(_ place: Place, _ counts: [String: Int]) -> Bool {
        counts[key(place)] == 1
    }

    /// Some disks take two cases of a letter for one.
    private static func key(_ place: Place) -> String {
        place.folder.appending(place.stem).string.lowercased()
    }
}

extension Request {
    /// What a result is made for, as its name says: `8MB`, `discord`, `small`.
    package var purpose: String { namedLimit?.name ?? target?.fileNameText ?? "small" }
}
