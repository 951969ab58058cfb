import Foundation

/// Writes what the agent does as events, in the family and the spelling of the knobs (§4.3 to §4.7).
struct EventWriter: Sendable {
    let knobs: Knobs
    private let invocation = "e-" + UUID().uuidString.lowercased()
    private let callID = "adk-" + UUID().uuidString.lowercased()
    private var serial = 0

    init(_ knobs: Knobs) { self.knobs = knobs }

    // MARK: Events

    mutating func text(_ text: String, call: Answer? = nil) -> [UInt8] {
        if knobs.events == .flat {
            var bytes = text.isEmpty ? [] : frame(["type": "text", "content": .string(text)])
            if let call {
                bytes += frame([
                    "type": "tool_call", "name": .string(call.tool), "args": call.arguments,
                ])
            }
            return bytes
        }
        var parts: [JSON] = text.isEmpty ? [] : [["text": .string(text)]]
        if let call {
            parts.append([
                "functionCall": [
                    "id": .string(callID), "args": call.arguments, "name": .string(call.tool),
                ]
            ])
        }
        return frame(event(["parts": .array(parts), "role": "model"]))
    }

    mutating func thought(_ text: String) -> [UInt8] {
        if knobs.events == .flat {
            return frame(["type": "thinking_chunk", "content": .string(text)])
        }
        return frame(
            event(["parts": [["text": .string(text), "thought": true]], "role": "model"])
        )
    }

    mutating func emptyParts() -> [UInt8] {
        if knobs.events == .flat { return frame(["type": "status"]) }
        return frame(event(["parts": [], "role": "model"]))
    }

    /// One increment, or the whole text that follows the increments.
    mutating func partial(_ text: String, isWhole: Bool, id: String?) -> [UInt8] {
        if knobs.events == .flat {
            return frame(["type": isWhole ? "text" : "chunk", "text": .string(text)])
        }
        var event = event(["parts": [["text": .string(text)]], "role": "model"], id: id)
        if !isWhole { event = event.setting(["partial"], to: true) }
        return frame(event)
    }

    /// A tool's response; `delta` is the change of the state that goes with it.
    mutating func response(_ tool: String, delta: JSON, filling: Int = 0) -> [UInt8] {
        var result: JSON = ["status": "ok"]
        if filling > 0 {
            result = result.setting(["log"], to: .string(String(repeating: "x", count: filling)))
        }
        if knobs.events == .flat {
            return frame(["type": "tool_result", "name": .string(tool), "result": result])
        }
        let part: JSON = [
            "functionResponse": [
                "id": .string(callID), "name": .string(tool), "response": result,
            ]
        ]
        return frame(event(["parts": [part], "role": "user"], delta: delta))
    }

    mutating func failure(_ failure: Turn.Failure, _ message: String) -> [UInt8] {
        switch failure {
        case .s1:
            // Not escaped: a quote breaks the JSON, a newline the event.
            return line("data", #"{"error": ""# + message + #""}"#) + end
        case .s2:
            var event = event([
                "role": "model", "parts": [["text": .string("Error: " + message)]],
            ])
            event = event.setting(["author"], to: "system")
            return frame(event)
        case .s3: return frame(.raw(Array((#"{"error": "# + Self.ascii(message) + "}").utf8)))
        case .s4:
            var event = event(nil).setting(["errorCode"], to: "RuntimeError")
            event = event.setting(["errorMessage"], to: .string(message))
            return frame(event)
                + frame([
                    "error": .string("RuntimeError: " + message),
                    "error_details": [
                        "error_type": "RuntimeError", "error_message": .string(message),
                        "timestamp": .number(Date().timeIntervalSince1970),
                    ],
                ])
        case .s5:
            var event = event(nil).setting(["errorCode"], to: "SAFETY")
            event = event.setting(["errorMessage"], to: .string(message))
            return frame(event.setting(["finishReason"], to: "SAFETY"))
        case .s6: return frame(["type": "error", "content": .string(message)])
        }
    }

    /// A code of the service's own.
    mutating func code(_ refusal: Refusal) -> [UInt8] {
        frame(["code": .number(refusal.code), "message": .string(refusal.message)])
    }

    func heartbeat(_ form: Turn.Heartbeat) -> [UInt8] {
        switch form {
        case .comment: Array((": ping - 2026-03-20 10:00:00+00:00" + eol).utf8) + end
        case .emptyData: line("data", "") + end
        case .dataWord: line("data", "heartbeat") + end
        case .eventName: line("event", "heartbeat") + line("data", "") + end
        case .eventNameOnly: line("event", "heartbeat") + end
        case .typed: line("data", #"{"type":"heartbeat"}"#) + end
        case .ping: line("event", "ping") + line("data", "1") + end
        }
    }

    /// The end that some servers write though closing would do.
    var terminator: [UInt8] { line("data", "[DONE]") + end }

    // MARK: Frames

    private mutating func event(
        _ content: JSON?,
        delta: JSON = [:],
        id: String? = nil
    ) -> JSON {
        serial += 1
        let isSnake = knobs.events == .snake
        var event: JSON = [:]
        if let content { event = event.setting(["content"], to: content) }
        event = event.setting(
            [isSnake ? "invocation_id" : "invocationId"],
            to: .string(invocation)
        )
        event = event.setting(["author"], to: "nemo_agent")
        event = event.setting(
            ["actions"],
            to: [
                isSnake ? "state_delta" : "stateDelta": delta,
                isSnake ? "artifact_delta" : "artifactDelta": [:],
                isSnake ? "requested_auth_configs" : "requestedAuthConfigs": [:],
            ]
        )
        event = event.setting([isSnake ? "long_running_tool_ids" : "longRunningToolIds"], to: [])
        event = event.setting(["id"], to: .string(id ?? "Ev\(100_000 + serial)"))
        return event.setting(["timestamp"], to: .number(Date().timeIntervalSince1970))
    }

    private var eol: String { knobs.lineEnd.rawValue }
    private var end: [UInt8] { Array(eol.utf8) }

    private func line(_ field: String, _ value: String) -> [UInt8] {
        Array((field + (knobs.spaceAfterColon && !value.isEmpty ? ": " : ":") + value + eol).utf8)
    }

    private mutating func frame(_ payload: JSON) -> [UInt8] {
        let bytes = payload.bytes
        let start = Array((knobs.spaceAfterColon ? "data: " : "data:").utf8)
        var out: [UInt8] = []
        if knobs.decorations {
            out += Array(": a comment\(eol)".utf8) + line("id", String(serial))
            out += line("retry", "3000") + line("unknown", "field")
        }
        if knobs.splitData {
            // An object may be broken after its brace.
            out += start + bytes.prefix(1) + end + start + bytes.dropFirst()
        } else {
            out += start + bytes
        }
        return out + end + end
    }

    /// A JSON string with nothing beyond ASCII in it.
    private static func ascii(_ text: String) -> String {
        let quoted = String(decoding: JSON.string(text).bytes, as: UTF8.self)
        return quoted.utf16.map { unit in
            if unit < 0x80 { return String(UnicodeScalar(UInt8(unit))) }
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
