import Testing

@testable import CLI

@Suite("Typing a line")
struct LineEditorTests {
    /// Types bytes, and says what came of each line.
    private func type(_ text: String, into editor: inout LineEditor) -> [LineEditor.Outcome] {
        var reader = KeyReader()
        return reader.feed(text.utf8).map { editor.take($0) }.filter { $0 != .goesOn }
    }

    @Test(
        "keys do what they do in every shell",
        arguments: [
            ("abc\u{7F}d\n", "abd"), ("ac\u{1B}[Db\n", "abc"), ("bc\u{1B}[Ha\u{1B}[Fd\n", "abcd"),
            ("bc\u{01}a\u{05}d\n", "abcd"), ("abc\u{01}\u{0B}x\n", "x"), ("abc\u{15}x\n", "x"),
            ("one two\u{17}three\n", "one three"), ("one two\u{1B}[1;5D\u{1B}[3~T\n", "one Two"),
            ("ab\u{02}\u{04}c\n", "ac"), ("视频🎬\u{7F}!\r", "视频!"), ("e\u{301}\u{7F}x\n", "x"),
            ("a\u{1B}[99;9~b\u{1B}OPc\n", "abc"), ("a\u{07}\u{1C}b\n", "ab"),
            ("a\u{1B}[200~b\nc\u{1B}[201~\n", "ab c"), ("a\u{9B}b\n", "ab"),
        ]
    )
    func keys(typed: String, line: String) {
        var editor = LineEditor()
        #expect(type(typed, into: &editor) == [.entered(line)])
        #expect(editor.text.isEmpty && editor.cursor == 0)
    }

    @Test("any split of the bytes gives the same keys")
    func splits() {
        let bytes = Array("视\u{1B}[1;5D\u{1B}[200~频\u{1B}[201~🎬\u{1B}OA\n".utf8)
        var whole = KeyReader()
        let keys = whole.feed(bytes)
        #expect(keys.count == 8)
        for size in 1..<bytes.count {
            var reader = KeyReader()
            var found: [Key] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                found += reader.feed(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(found == keys)
        }
    }

    @Test("lines that were entered come back, and the new one waits for its turn")
    func history() {
        var editor = LineEditor()
        _ = type("one\ntwo\ntwo\n \nthr", into: &editor)
        _ = type("\u{1B}[A", into: &editor)
        #expect(editor.text == "two")
        _ = type("\u{1B}[A\u{1B}[A", into: &editor)
        #expect(editor.text == "one")
        _ = type("\u{1B}[B\u{1B}[B\u{1B}[B", into: &editor)
        #expect(editor.text == "thr")
        #expect(type("\u{1B}[A!\n", into: &editor) == [.entered("two!")])
    }

    @Test("Ctrl-D ends the input only on an empty line")
    func end() {
        var editor = LineEditor()
        #expect(type("a\u{01}\u{04}", into: &editor) == [])
        #expect(editor.text.isEmpty)
        #expect(type("\u{04}", into: &editor) == [.ended])
    }

    @Test("of a long line the part around the cursor is shown", arguments: 1...50)
    func window(width: Int) {
        var editor = LineEditor()
        _ = type("compress 这个视频 to under 50MB 🎬 without losing too much", into: &editor)
        for _ in 0...60 {
            let (text, column) = editor.window(width: width)
            #expect(text.columns <= width)
            #expect(column <= width && column >= 0)
            _ = editor.take(.left)
        }
        #expect(editor.window(width: 8).text == "compress")
    }
}
