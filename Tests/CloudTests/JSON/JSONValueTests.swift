import Foundation
import Testing

@testable import Cloud

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue {
        try JSONDocument(Array(text.utf8)).root
    }

    @Test("an id of 19 digits keeps its digits, as a number and as a string")
    func longIDs() throws {
        let value = try parse(#"{"a":5529798706024415232,"b":"5529798706024415232","c":1e3}"#)
        #expect(value["a"]?.text == "5529798706024415232")
        #expect(value["b"]?.text == "5529798706024415232")
        #expect(value["a"]?.int == 5_529_798_706_024_415_232)
        #expect(value["b"]?.int == 5_529_798_706_024_415_232)
        #expect(value["c"]?.text == "1e3")
    }

    @Test(
        "a whole number is read exactly or not at all",
        arguments: [
            ("12", 12), ("-0", 0), ("12.0", 12), ("1.25e2", 125), ("1500e-2", 15), ("0e99", 0),
            ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("9223372036854775807.0", Int64.max), ("9223372036854775808", nil),
            ("9007199254740993.0", 9_007_199_254_740_993), ("12.5", nil), ("1e19", nil),
            ("1e400", nil), ("0.1e-999999999999", nil), ("\"42\"", 42), ("\"+42\"", nil),
            ("\"042\"", nil), ("\"\"", nil), ("true", nil), ("null", nil),
        ] as [(String, Int64?)]
    )
    func wholeNumbers(text: String, expected: Int64?) throws {
        #expect(try parse(text).int == expected)
    }

    @Test("a Double comes from numbers and numeric strings only, and is finite")
    func doubles() throws {
        #expect(try parse("0.1").double == 0.1)
        #expect(try parse("\"30.5\"").double == 30.5)
        for text in ["1e999", "\"nan\"", "\"inf\"", "\"0x10\"", "\" 1\"", "true", "[]"] {
            #expect(try parse(text).double == nil, "\(text)")
        }
    }

    @Test("every value knows the exact bytes it came in")
    func exactBytes() throws {
        let draft = #"{ "big" : 12345678901234567890, "f":0.10, "名":"\u00e9\/", "x" : [ 1 , {} ] }"#
        let value = try parse("\u{FEFF} {\"data\":{\"state\":{\"draft\": \(draft) ,\"n\":1}}}\n")
        let found = try #require(value["data"]?["state"]?["draft"])
        #expect(String(decoding: found.bytes, as: UTF8.self) == draft)
        #expect(found["x"]?.array?.last?.bytes == Array("{}".utf8))
        #expect(found["名"]?.string == "é/")
    }

    @Test("of duplicate keys the last wins, also when one is spelt with escapes")
    func duplicateKeys() throws {
        let value = try parse(#"{"a":1,"b":2,"\u0061":3}"#)
        #expect(value["a"]?.int == 3)
        #expect(value.object?.map(\.key) == ["a", "b"])
        #expect(value.object?.first?.value.int == 3)
        #expect(value.count == 3)
    }

    @Test("two spellings of one letter are two keys")
    func keysAreCodePoints() throws {
        let value = try parse("{\"e\u{301}\":1,\"\u{E9}\":2}")
        #expect(value["\u{E9}"]?.int == 2)
        #expect(value["e\u{301}"]?.int == 1)
        #expect(value.object?.count == 2)
    }

    @Test("a key that contains a backslash is found by its meaning")
    func keysWithBackslash() throws {
        let value = try parse(#"{"a\\b":1,"c\nd":2}"#)
        #expect(value[#"a\b"#]?.int == 1)
        #expect(value[#"a\\b"#] == nil)
        #expect(value["c\nd"]?.int == 2)
        #expect(value[#"c\nd"#] == nil)
    }

    @Test("escapes are read, and a surrogate without its other half becomes U+FFFD")
    func escapes() throws {
        #expect(try parse(#""\"\\\/\b\f\n\r\t""#).string == "\"\\/\u{8}\u{C}\n\r\t")
        #expect(try parse(#""\u9519\u8bef \ud83d\uDE00""#).string == "错误 😀")
        #expect(try parse(#""a\ud83dz""#).string == "a\u{FFFD}z")
        #expect(try parse(#""\ude00\ud83d\n""#).string == "\u{FFFD}\u{FFFD}\n")
        #expect(try parse(#""\ud83d\u0041""#).string == "\u{FFFD}A")
        #expect(try parse(#""\u0000""#).string == "\0")
    }

    @Test("bytes that are not UTF-8 are repaired inside strings and refused outside")
    func invalidUTF8() throws {
        let value = try JSONDocument([0x22, 0x61, 0xFF, 0xE4, 0xBD, 0x22]).root
        #expect(value.string == "a\u{FFFD}\u{FFFD}")
        #expect(value.bytes == [0x22, 0x61, 0xFF, 0xE4, 0xBD, 0x22])
        #expect(throws: JSONError(.unexpectedByte, at: 1)) { try JSONDocument([0x5B, 0xFF, 0x5D]) }
    }

    @Test("U+2028 inside a string is an ordinary character")
    func lineSeparator() throws {
        #expect(try parse("\"a\u{2028}b\u{85}c\"").string == "a\u{2028}b\u{85}c")
    }

    @Test(
        "what is not JSON is refused, with the reason and the place",
        arguments: [
            ("", .empty, 0), (" \n", .empty, 2), ("\u{FEFF}", .empty, 3),
            ("{", .unexpectedEnd, 1), ("[1,", .unexpectedEnd, 3), ("\"a", .unexpectedEnd, 2),
            ("\"\\", .unexpectedEnd, 2), ("tru", .unexpectedEnd, 3), ("trup", .unexpectedByte, 0),
            ("[1,]", .unexpectedByte, 3), ("{\"a\":1,}", .unexpectedByte, 7),
            ("{a:1}", .unexpectedByte, 1), ("{\"a\" 1}", .unexpectedByte, 5),
            ("[1 2]", .unexpectedByte, 3), ("[}", .unexpectedByte, 1), ("]", .unexpectedByte, 0),
            ("{\"a\":1]", .unexpectedByte, 6), ("1 2", .trailingBytes, 2),
            ("{}x", .trailingBytes, 2), ("01", .malformedNumber, 0), ("-", .malformedNumber, 1),
            ("-01", .malformedNumber, 1), ("1.", .malformedNumber, 2), (".5", .unexpectedByte, 0),
            ("1e", .malformedNumber, 2), ("+1", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0),
            ("'a'", .unexpectedByte, 0), ("\"a\nb\"", .malformedString, 2),
            ("\"\\x\"", .malformedString, 2), ("\"\\u12g4\"", .malformedString, 5),
        ] as [(String, JSONError.Reason, Int)]
    )
    func refused(text: String, reason: JSONError.Reason, offset: Int) {
        #expect(throws: JSONError(reason, at: offset)) { try JSONDocument(Array(text.utf8)) }
    }

    @Test("nesting is limited, and the deepest allowed works on a small stack")
    func nesting() async throws {
        let deepest = JSONDocument.deepestNesting
        let open = [UInt8](repeating: UInt8(ascii: "["), count: deepest)
        let close = [UInt8](repeating: UInt8(ascii: "]"), count: deepest)
        #expect(throws: JSONError(.tooDeep, at: deepest)) {
            try JSONDocument(open + open + close + close)
        }
        let isEqual = await withCheckedContinuation { continuation in
            let thread = Thread {
                let left = try? JSONDocument(open + close).root
                let right = try? JSONDocument(open + [0x20] + close).root
                continuation.resume(returning: left != nil && left == right)
            }
            thread.stackSize = 512 << 10
            thread.start()
        }
        #expect(isEqual)
    }

    @Test("equality looks at what is said, not at how it is written")
    func equality() throws {
        #expect(try parse(#"{"a":1.0,"b":["\u0041",null]}"#) == parse(#"{ "b":["A",null],"a":1}"#))
        #expect(try parse("[1,2]") != parse("[2,1]"))
        #expect(try parse("1") != parse("\"1\""))
        #expect(try parse("12345678901234567890") != parse("12345678901234567891"))
        #expect(try parse("[1.50,-0,100,0.10]") == parse("[15e-1,0,1e2,1e-1]"))
        #expect(try parse("\"\u{E9}\"") != parse("\"e\u{301}\""))
    }

    @Test("a value that is something else answers nil to every question about kinds")
    func wrongKinds() throws {
        let value = try parse(#"[1,"a",null,true,{}]"#)
        #expect(value["a"] == nil && value.object == nil && value.string == nil)
        #expect(value.text == nil && value.bool == nil && !value.isNull)
        let elements = try #require(value.array)
        #expect(elements.map(\.kind) == [.number, .string, .null, .bool, .object])
        #expect(elements[3].bool == true && elements[2].isNull)
        #expect(elements[0].array == nil && elements[0].count == 0 && elements[4].count == 0)
    }

    @Test("a document of megabytes is searched without being built")
    func largeDocument() throws {
        let element = #"{"d":10000,"m":{"text":"字幕"},"x":[0.1,2,3]}"#
        let list = Array(repeating: element, count: 20_000).joined(separator: ",")
        let text = "{\"data\":{\"state\":{\"draft\":[\(list)],\"after\":7}}}"
        let state = try parse(text)["data"]?["state"]
        #expect(state?["after"]?.int == 7)
        #expect(state?["draft"]?.range.count == list.utf8.count + 2)
    }
}

@Suite struct JSONTextTests {
    @Test("strings are escaped so that they read back as they were")
    func escaping() throws {
        let text = "\"\\/\u{8}\u{C}\n\r\t\u{1F}\u{7F}é错😀\u{2028}\0"
        let bytes = JSONText.string(text).bytes
        #expect(try JSONDocument(bytes).root.string == text)
        #expect(bytes.allSatisfy { $0 >= 0x20 })
    }

    @Test("raw bytes go out as they are, members in their order")
    func rawBytes() {
        let draft = Array(#"{ "z":1.0, "a":12345678901234567890 }"#.utf8)
        let body: JSONText = [
            "id": "render_1", "sessionId": .string("5529798706024415232"), "draft": .raw(draft),
            "output": ["format": "mp4", "quality": "high", "n": [1, true, .null]],
        ]
        let expected =
            #"{"id":"render_1","sessionId":"5529798706024415232","draft":"#
            + #"{ "z":1.0, "a":12345678901234567890 },"#
            + #""output":{"format":"mp4","quality":"high","n":[1,true,null]}}"#
        #expect(String(decoding: body.bytes, as: UTF8.self) == expected)
    }
}
