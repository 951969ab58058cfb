import Foundation
import Testing

@testable import Simulator

/// JSON, forms and ranges, read strictly.
@Suite struct ReaderTests {
    private static let form =
        "--B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a \\\"b\\\" 名.mp4\"\r\n"
        + "Content-Type: video/mp4\r\n\r\n\r\n--B is not the end\r\n--\r\n\r\n--B\r\n"
        + "Content-Disposition: form-data; name=\"x\"\r\n\r\n\r\n--B--\r\n"

    /// The parts and their bytes, the form fed in pieces of a size.
    private func parts(_ form: String, by size: Int) throws -> [(MultipartReader.Part, [UInt8])] {
        var reader = try #require(MultipartReader(contentType: "multipart/form-data; boundary=B"))
        var parts: [(MultipartReader.Part, [UInt8])] = []
        let bytes = Array(form.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            for event in try reader.feed(Array(bytes[start..<min(start + size, bytes.count)])) {
                switch event {
                case .begin(let part): parts.append((part, []))
                case .bytes(let more): parts[parts.count - 1].1 += more
                case .end: break
                }
            }
        }
        #expect(reader.isFinished)
        return parts
    }

    @Test("a form is the same in pieces of any size", arguments: [1, 2, 3, 7, 64, 10_000])
    func forms(_ size: Int) throws {
        let text = Self.form.replacingOccurrences(of: "\r\n--B is not", with: "\r\n--C is not")
        let parts = try parts(text, by: size)
        #expect(parts.count == 2)
        #expect(parts.first?.0.name == "files" && parts.first?.0.filename == "a \"b\" 名.mp4")
        #expect(parts.first?.0.mediaType == "video/mp4")
        #expect(parts.first?.1 == Array("\r\n--C is not the end\r\n--\r\n".utf8))
        #expect(parts.last?.0.filename == nil && parts.last?.1 == [])
    }

    @Test("a form that breaks its own rules is refused")
    func brokenForms() {
        #expect(throws: MultipartReader.Malformed.self) { try parts(Self.form, by: 9) }
        #expect(throws: MultipartReader.Malformed.self) { try parts("early\r\n--B\r\n", by: 9) }
        #expect(throws: MultipartReader.Malformed.self) {
            try parts("--B\r\nContent-Disposition: form-data; name=\"a\nb\"\r\n\r\n", by: 9)
        }
        #expect(MultipartReader(contentType: "multipart/form-data") == nil)
        #expect(MultipartReader(contentType: "application/json; boundary=B") == nil)
    }

    @Test("percent signs in a name stand for what would end it")
    func percentNames() throws {
        let form =
            "--B\r\nContent-Disposition: form-data; name=\"files\"; "
            + "filename=\"a%22b%0D%0A.mp4\"\r\n\r\n\r\n--B--\r\n"
        #expect(try parts(form, by: 5).first?.0.filename == "a\"b\r\n.mp4")
    }

    @Test("a value is written as it was read, numbers in their own spelling")
    func roundTrip() {
        let text = #"{"a":[1,-0.5,1.0E+2,9007199254740993],"b":{"c":null,"d":true},"e":"é\n\"\\"}"#
        #expect(JSONReader.read(Array(text.utf8))?.bytes == Array(text.utf8))
        let escaped = #""\u00e9\ud83c\udf89\/""#
        #expect(JSONReader.read(Array(escaped.utf8))?.string == "é🎉/")
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", "{", "{\"a\":1,}", "[1 2]", "01", "1.", "+1", "\"\u{1}\"", "\"\\ud800\"", "nul",
            "{} x", "{\"a\" 1}", "\"\\u+123\"", "'a'",
        ]
    )
    func notJSON(_ text: String) {
        #expect(JSONReader.read(Array(text.utf8)) == nil)
    }

    @Test("a slice is the bytes of an own member, spaces left out, the last of equal names")
    func slices() {
        let bytes = Array(#"{"x":{"draft":0}, "draft" : {"a": 1.0 } ,"draft":[ 2 ]}"#.utf8)
        #expect(JSONReader.slice(of: "draft", in: bytes) == Array("[ 2 ]".utf8))
        #expect(JSONReader.slice(of: "a", in: bytes) == nil)
    }

    @Test("deep nesting is refused, not followed")
    func deep() {
        let text = String(repeating: "[", count: 100_000)
        #expect(JSONReader.read(Array(text.utf8)) == nil)
    }
}
