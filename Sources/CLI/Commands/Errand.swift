import ArgumentParser
import Core

/// A command that does its work by itself, given the session that it is a part of.
protocol Errand: ParsableCommand, Sendable {
    /// Does what the command says.
    ///
    /// - Returns: the exit code.
    func perform(in session: Session, json: JSONLines?) async throws(Failure) -> Int32
}
