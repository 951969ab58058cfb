import Core
import Engine
import Foundation
import Jobs
import SystemPackage

/// Names that lead to no file, and what was probably meant.
extension Session {
    /// Stops before anything is made where a name is an option or a size, and tells what is not there.
    ///
    /// The others are made all the same. `tells`: whether there are others.
    func checkNames(_ command: CompressCommand, tells: Bool) throws(Failure) {
        let missing = command.wish.inputs.filter { name in
            !FilePath(name).isStandardStream && !name.contains { "*?[".contains($0) }
                && !DroppedPaths.exists(DroppedPaths.pasted(name))
        }
        for name in missing {
            let option: String? =
                if name.hasPrefix("--") {
                    "What follows -- is a name: write options before it."
                } else if name.last?.isLetter == true, (try? ByteSize(parsing: name)) != nil {
                    "Did you mean --to \(name)?"
                } else if NamedLimits.builtIn.all.contains(where: { $0.name == name.lowercased() })
                {
                    "Did you mean --for \(name.lowercased())?"
                } else {
                    nil
                }
            guard let option else { continue }
            throw Failure(
                .usage,
                "There is no file '\(name)'",
                why: "nothing was made",
                advice: option
            )
        }
        guard tells else { return }
        for name in missing {
            let advice = NearNames.advice(for: FilePath(DroppedPaths.pasted(name)))
            messages.line(
                messages.style.dim(
                    "· \(name.withoutControls) is not there. \(advice.withoutControls)"
                )
            )
        }
    }

    /// A file whose name begins like an option.
    static func fileLikeOption(_ arguments: [String]) -> Failure? {
        let names = arguments.prefix { $0 != "--" }
        guard
            let name = names.first(where: {
                $0.hasPrefix("-") && $0.count > 1 && DroppedPaths.exists($0)
            })
        else { return nil }
        return Failure(
            .usage,
            "'\(name)' reads as an option",
            why: "it begins with a hyphen",
            advice: "If the file is meant, write ./\(name)"
        )
    }

    /// A failure with what a number without a unit was probably meant to be.
    func hinting(_ error: any Error, _ arguments: [String]) -> any Error {
        guard let failure = error as? Failure, failure.kind == .unreachable else { return error }
        let given =
            zip(arguments, arguments.dropFirst()).first { $0.0 == "--to" }?.1
            ?? arguments.first { $0.hasPrefix("--to=") }.map { String($0.dropFirst(5)) }
        guard let given, given.allSatisfy(\.isNumber), let number = Int(given), number < 10_000
        else { return error }
        var hinted = failure
        let advice = "Did you mean \(number)MB?"
        hinted.advice = failure.advice.isEmpty ? advice : advice + " " + failure.advice
        return hinted
    }
}
