import Core

extension Session {
    /// The arguments as options alone, where one of them is a sentence.
    ///
    /// What was understood of it is told first. What cannot be done here is refused, and never sent.
    func withoutSentences(_ arguments: [String], json: JSONLines?) throws(Failure) -> [String] {
        let limits = (try? allLimits()) ?? .builtIn
        guard let call = PlainCall(arguments, limits: limits) else { return arguments }
        if let json {
            json.write(.understood, UnderstoodPayload(call))
        } else if !arguments.contains("-q"), !arguments.contains("--quiet") {
            for line in [call.summary].compactMap(\.self) + call.notes {
                messages.line(messages.style.dim("· " + line.withoutControls))
            }
        }
        try call.checkEdits()
        return call.arguments
    }
}
