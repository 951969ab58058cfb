import Core
import Jobs

extension Session {
    /// The arguments as options alone, where one of them is a sentence.
    ///
    /// What was understood of it is told first. What cannot be done here is refused, and never sent.
    func withoutSentences(_ arguments: [String], json: JSONLines?) throws(Failure) -> [String] {
        guard let call = PlainCall(arguments, limits: knownLimits) else { return arguments }
        tell(call, json: json)
        try call.checkEdits()
        return call.arguments
    }

    /// What a conversation of one sentence comes to that asks for nothing but a smaller file of this
    /// machine's: that needs nobody else.
    ///
    /// Nil where it asks for more, and where the call says that the cloud shall do it.
    func callHere(for chat: ChatCommand) -> PlainCall? {
        guard chat.files.count == 1, chat.message.count == 1, !chat.goesOn, !chat.simulate,
            !chat.options.cloud
        else { return nil }
        var arguments = chat.files + chat.message
        if chat.options.quiet { arguments.append("--quiet") }
        if chat.options.json { arguments.append("--json") }
        guard let call = PlainCall(arguments, limits: knownLimits), call.files == chat.files,
            call.wish.isCompression, call.wish.edits.isEmpty
        else { return nil }
        return call
    }

    func compressHere(_ call: PlainCall, json: JSONLines?) async throws(Failure) -> Int32 {
        tell(call, "done here, nothing is sent", json: json)
        guard let command = try? Self.parse(call.arguments) as? CompressCommand else {
            throw Failure(.defect, "Cannot read '\(call.sentence)' as options")
        }
        return try await compress(command, json: json)
    }

    /// Names that a sentence may have, the user's among them where they can be read.
    private var knownLimits: NamedLimits { (try? settings().allLimits) ?? .builtIn }

    private func tell(_ call: PlainCall, _ more: String? = nil, json: JSONLines?) {
        if let json {
            json.write(.understood, UnderstoodPayload(call))
        } else if !call.arguments.contains("-q"), !call.arguments.contains("--quiet") {
            for line in [call.summary, more].compactMap(\.self) + call.notes {
                messages.line(messages.style.dim("· " + line.withoutControls))
            }
        }
    }
}
