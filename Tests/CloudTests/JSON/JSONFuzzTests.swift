import Foundation
import Testing

@testable import Cloud

/// The parser against Foundation's.
@Suite struct JSONFuzzTests {
    /// A random document as text, with blanks and escapes in all the places that may have them.
    private func document(_ dice: inout Dice, depth: Int = 0) -> String {
        let blank = dice.one(of: ["", "", "", " ", "\n\t", "\r\n"])
        switch dice.number(0..<(depth > 4 ? 5 : 8)) {
        case 0: return dice.one(of: ["null", "true", "false"]) + blank
        case 1:
            return dice.one(of: [
                "0", "-0", "1", "-17", "3.25", "1e3", "2.5E-3", "123456789", "0.1", "-1.0e+2",
                "5529798706024415232", "9007199254740993",
            ]) + blank
        case 2...4: return string(&dice) + blank
        case 5, 6:
            let members = (0..<dice.number(0..<5)).map { place in
                "\(blank)\"k\(place)\(dice.one(of: ["", "é", "\\n", "\\u0041", "😀"]))\"\(blank):"
                    + blank + document(&dice, depth: depth + 1)
            }
            return "{" + blank + members.joined(separator: ",") + "}" + blank
        default:
            let elements = (0..<dice.number(0..<5)).map { _ in
                blank + document(&dice, depth: depth + 1)
            }
            return "[" + blank + elements.joined(separator: ",") + "]"
        }
    }

    private func string(_ dice: inout Dice) -> String {
        let pieces = [
            "a", "Z", " ", "{", "]", ",", ":", "\\\"", "\\\\", "\\/", "\\n", "\\t", "\\u00e9",
            "\\u9519", "\\ud83d\\ude00", "é", "错误", "😀", "\u{2028}", "\u{7F}",
        ]
        return "\"" + (0..<dice.number(0..<9)).map { _ in dice.one(of: pieces) }.joined() + "\""
    }

    private func foundation(_ bytes: [UInt8]) -> Any? {
        try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    }

    private func says(_ value: JSONValue, _ other: Any) -> Bool {
        switch value.kind {
        case .null: return other is NSNull
        case .bool: return (other as? Bool) == value.bool
        case .string:
            guard let text = other as? String, let own = value.string else { return false }
            return Array(text.utf8) == Array(own.utf8)
        case .number:
            guard let number = other as? NSNumber else { return false }
            if let whole = value.int, whole.magnitude > 1 << 53 {
                return number.int64Value == whole
            }
            return value.double.map { $0 == number.doubleValue } ?? true
        case .array:
            guard let list = other as? [Any], let own = value.array else { return false }
            return list.count == own.count && zip(own, list).allSatisfy { says($0, $1) }
        case .object:
            guard let members = other as? [String: Any], let own = value.object else {
                return false
            }
            return own.count == members.count
                && own.allSatisfy { member in
                    members[member.key].map { says(member.value, $0) } ?? false
                }
        }
    }

    @Test("valid documents mean what Foundation reads in them")
    func validDocuments() throws {
        var dice = Dice(seed: 1)
        for _ in 0..<400 {
            let bytes = Array(document(&dice).utf8)
            let text = String(decoding: bytes, as: UTF8.self)
            let other = try #require(foundation(bytes), "\(text)")
            let document = try JSONDocument(bytes)
            #expect(says(document.root, other), "\(text)")
            #expect(try JSONDocument(document.root.canonical).root == document.root, "\(text)")
            #expect(try JSONDocument(document.root.bytes).root == document.root, "\(text)")
        }
    }

    @Test("damaged documents never crash it, and it accepts those that Foundation accepts")
    func mutatedDocuments() throws {
        var dice = Dice(seed: 2)
        var accepted = 0
        for _ in 0..<1500 {
            let bytes = dice.mutated(Array(document(&dice).utf8))
            let own = try? JSONDocument(bytes)
            _ = own?.root.canonical
            // Foundation takes zeros near the start for UTF-16.
            guard !bytes.contains(0) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            let other = foundation(bytes)
            if let other {
                accepted += 1
                let own = try #require(own, "\(text)")
                #expect(says(own.root, other), "\(text)")
            } else if String(validating: bytes, as: UTF8.self) != nil, !text.contains("\\u") {
                #expect(own == nil, "\(text)")
            }
        }
        #expect(accepted > 50)
    }
}
