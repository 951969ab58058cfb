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
    /// number. `format`: of all results, where it was asked for.
    package static func places(
        for inputs: [Found],
        purpose: String,
        folder: FilePath?,
        format: Format? = nil
    ) -> [Place] {
        let ends: [[Format]] = inputs.map { input in
            if let format { [format] } else { formats(of: input.path) }
        }
        let folders = inputs.map { self.folder(of: $0, in: folder) }
        func places(_ name: (Int) -> String) -> [Place] {
            inputs.indices.map { index in
                Place(folder: folders[index], stem: Self.stem(name(index), "-\(purpose)"))
            }
        }
        func stem(_ index: Int) -> String { inputs[index].path.stem ?? "video" }
        let plain = places(stem)
        var counts: [String: Int] = [:]
        for (place, formats) in zip(plain, ends) {
            for key in keys(place, formats) { counts[key, default: 0] += 1 }
        }
        let told = places { index in
            let own = inputs[index].path.extension ?? ""
            let isSole = keys(plain[index], ends[index]).allSatisfy { counts[$0] == 1 }
            return isSole || own.isEmpty
                ? stem(index) : "\(stem(index))-\(own.lowercased())"
        }
        var taken: Set<String> = []
        return told.enumerated().map { index, place in
            var place = place
            var number = 2
            while !taken.isDisjoint(with: keys(place, ends[index])) {
                place.stem = Self.stem(stem(index), "-\(number)-\(purpose)")
                number += 1
            }
            taken.formUnion(keys(place, ends[index]))
            return place
        }
    }

    /// A name with an end of its own, of no more bytes than there are: what is too long goes before the end.
    package static func stem(_ name: String, _ end: String) -> String {
        var name = name
        while name.utf8.count + end.utf8.count > longestStem, !name.isEmpty { name.removeLast() }
        return name + end
    }

    /// Leaves out of what was found in folders all that looks like a result of another.
    ///
    /// It is called after a file that is there too, and after this purpose, a size or the name of a limit.
    package static func withoutResults(_ found: [Found], purpose: String) -> [Found] {
        let purposes = Set(["small", purpose.lowercased()] + NamedLimits.builtIn.all.map(\.name))
        var stems: Set<String> = []
        for input in found {
            let stem = input.path.removingLastComponent().appending(input.path.stem ?? "")
            stems.insert(stem.string.lowercased())
            stems.insert("\(stem.string)-\(input.path.extension ?? "")".lowercased())
        }
        return found.filter { input in
            guard input.root != nil,
                input.path.extension.flatMap(Format.init(fileExtension:)) != nil
            else { return true }
            let folder = input.path.removingLastComponent()
            var stem = (input.path.stem ?? "").lowercased()
            while let shorter = withoutPurpose(stem, purposes) {
                if stems.contains(folder.appending(shorter).string.lowercased()) { return false }
                stem = shorter
            }
            return true
        }
    }

    /// A stem without what a result was made for, and which part of how many it is; nil where it says neither.
    private static func withoutPurpose(_ stem: String, _ purposes: Set<String>) -> String? {
        var stem = stem[...]
        if let part = stem.firstMatch(of: /-[0-9]+of[0-9]+$/) {
            stem = stem[..<part.range.lowerBound]
        }
        guard let dash = stem.lastIndex(of: "-"), dash > stem.startIndex else { return nil }
        let word = stem[stem.index(after: dash)...]
        let isSize = word.wholeMatch(of: /[0-9]+(\.[0-9])?([kmg]i?)?b/) != nil
        return isSize || purposes.contains(String(word)) ? String(stem[..<dash]) : nil
    }

    private static func folder(of input: Found, in folder: FilePath?) -> FilePath {
        guard let folder else { return input.path.removingLastComponent() }
        guard let root = input.root else { return folder }
        var below = input.path.removingLastComponent()
        guard below.removePrefix(root) else { return folder }
        return below.isEmpty ? folder : folder.appending(below.components)
    }

    /// What may be made of a file, by its name.
    private static func formats(of path: FilePath) -> [Format] {
        let kind = path.extension.flatMap { Material.namedKind(fileExtension: $0) }
        return kind.map { [Format.usual(for: $0)] } ?? Format.allCases
    }

    /// Some disks take two cases of a letter for one.
    private static func keys(_ place: Place, _ formats: [Format]) -> [String] {
        formats.map { "\(place.folder.appending(place.stem).string.lowercased()).\($0.rawValue)" }
    }
}

extension Request {
    /// What a result is made for, as its name says: `8MB`, `discord`, `small`.
    package var purpose: String { namedLimit?.name ?? target?.fileNameText ?? "small" }

    /// Whether an input within the target may stay as it is: nothing would be gained but a copy.
    ///
    /// A video must play everywhere; sound and pictures only be of the format that was asked for, if one was.
    package func mayLeave(_ material: Material) -> Bool {
        guard let request = try? settled(for: material.kind) else { return false }
        let own = input.extension.flatMap(Format.init(fileExtension:))
        switch material {
        case .video(let source):
            return own == request.format && Plan.remuxPlan(for: source, request: request) != nil
        case .sound:
            return (format == nil || own == format) && audio == .automatic
                && audioTrack == .automatic
        case .still:
            return (format == nil || own == format) && heightCap == .automatic
        }
    }
}
