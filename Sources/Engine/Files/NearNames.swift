package import Core
import Foundation
package import SystemPackage

/// Files whose names resemble one that is not there: `film.mp4` for `flim.mp4`, and for `film`.
package enum NearNames {
    /// More letters that differ make another name.
    private static let mostLetters = 2

    /// What to do about a file that is not there.
    package static func advice(for path: FilePath) -> String {
        if isAddress(path) {
            return "Nothing is fetched from the network here. Download it first, or pipe it: "
                + "curl -L ADDRESS | cinch - -o clip.mp4"
        }
        let usual = "Check the name and the folder."
        guard let near = nearest(to: path) else { return usual }
        return "Did you mean '\(near)'? \(usual)"
    }

    /// `https://…`, of which a path keeps one stroke.
    private static func isAddress(_ path: FilePath) -> Bool {
        let start = path.components.first?.string.lowercased() ?? ""
        return ["http:", "https:", "ftp:"].contains(start)
    }

    /// The one in its folder that is meant, as far as can be told; nil where none or several may be.
    static func nearest(to path: FilePath) -> FilePath? {
        guard let last = path.lastComponent else { return nil }
        let folder = path.removingLastComponent()
        let place = folder.isEmpty ? "." : folder.string
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
        guard let name = nearest(to: last.string, among: names) else { return nil }
        return folder.appending(name)
    }

    /// The one of some names that a name resembles more than the others.
    static func nearest(to name: String, among names: [String]) -> String? {
        let wanted = name.lowercased()
        let most = min(mostLetters, max(1, wanted.count / 3))
        let ranked = names.filter { !$0.hasPrefix(".") && $0 != name }
            .compactMap { other -> (name: String, distance: Int)? in
                let lower = other.lowercased()
                let isStem = FilePath(lower).stem == wanted
                guard isStem || abs(lower.count - wanted.count) <= most else { return nil }
                let distance = isStem ? 0 : NamedLimits.distance(lower, wanted)
                return distance <= most ? (other, distance) : nil
            }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let first = ranked.first else { return nil }
        return ranked.dropFirst().first?.distance == first.distance ? nil : first.name
    }
}

extension Failure {
    /// There is no such file; what may have been meant is said.
    package static func missing(_ path: FilePath) -> Failure {
        Failure(
            .missing,
            "Cannot find \(path)",
            why: "there is no such file",
            advice: NearNames.advice(for: path)
        )
    }
}
