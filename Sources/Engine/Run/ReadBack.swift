import Core
import Media

/// Checks a finished file by reading it, whatever is in it: what does not read back has failed.
///
/// `inspect`: reads the file with the flag that it is given, which allows what our own files demand.
/// Throws: `Failure` of kind `.defect` where the file is not what it should be.
func readBack<Finding: ~Copyable>(
    _ flag: CancellationFlag,
    _ inspect: (CancellationFlag) throws -> Finding
) throws(Failure) -> Finding {
    do {
        return try inspect(flag.forOwnFile)
    } catch let error as MediaError {
        if flag.isRaised { throw .interrupted }
        throw .failedCheck("it does not read back: \(error.doing): \(error.words)")
    } catch let failure as Failure {
        throw failure
    } catch {
        throw .failedCheck("\(error)")
    }
}

extension Failure {
    /// The finished file is not what was promised.
    static func failedCheck(_ why: String) -> Failure {
        Failure(
            .defect,
            "The finished file failed its check",
            why: why,
            advice: "Nothing was written. Please report this with the output of 'cinch doctor'."
        )
    }
}
