import Testing

@testable import Cloud

@Suite struct HTTPLinesTests {
    private func read(_ lines: String...) throws -> HTTPHead? {
        var reader = HTTPHeadReader()
        var head: HTTPHead?
        for line in lines { head = try reader.take(Array(line.utf8)) ?? head }
        return head
    }

    @Test("names are in lower case, repeated headers are joined, folded ones unfolded")
    func fields() throws {
        let head = try read(
            "HTTP/1.1 200 OK\r\n",
            "X-One:  a \r\n",
            "x-ONE:b\r\n",
            "X-Two: c\r\n",
            "\t d\r\n",
            "no colon\r\n",
            "Empty:\r\n",
            "标题: ü:x\r\n",
            "\r\n"
        )
        #expect(head?.status == 200)
        #expect(
            head?.headers == ["x-one": "a, b", "x-two": "c d", "empty": "", "标题": "ü:x"]
        )
    }

    @Test("what comes before the answer and after its body belongs to no head")
    func others() throws {
        let head = try read(
            "HTTP/1.1 103 Early Hints\r\n",
            "Link: a\r\n",
            "\r\n",
            "HTTP/2 204 \r\n",
            "A: b\r\n",
            "\r\n",
            "Trailer: c\r\n",
            "\r\n"
        )
        #expect(head?.status == 204)
        #expect(head?.headers == ["a": "b"])
    }

    @Test("a second answer takes the place of the first")
    func second() throws {
        let head = try read(
            "HTTP/1.1 417 No\r\n",
            "A: b\r\n",
            "\r\n",
            "HTTP/1.1 200 OK\r\n",
            "C: d\r\n",
            "\r\n"
        )
        #expect(head == HTTPHead(status: 200, headers: ["c": "d"]))
    }

    @Test("lines end with LF alone too, and broken ones harm nobody")
    func broken() throws {
        #expect(try read("HTTP/1.1 500\n", "a: b\n", "\n")?.headers == ["a": "b"])
        #expect(try read(" folded\r\n", "HTTP/1.1 x\r\n", "\r\n") == nil)
        #expect(try read("HTTP/1.1\r\n", ":\r\n", "\r\n") == nil)
    }

    @Test("a range says its first and last byte and perhaps the size of the whole")
    func ranges() {
        #expect(ContentRange("bytes 5-9/10")?.first == 5)
        #expect(ContentRange("Bytes 5-9/10")?.last == 9)
        #expect(ContentRange("bytes 0-0/*")?.whole == nil)
        for text in [
            "", "bytes", "bytes 5-9", "bytes 5-9/9", "bytes 9-5/10", "bytes -5/10", "bytes 5-/10",
            "bytes */10", "items 5-9/10", "bytes 5-9/x", "bytes 0-9223372036854775807/*",
            "bytes 5-9/10/11", "bytes 1-2-3/10",
        ] {
            #expect(ContentRange(text) == nil, "\(text)")
        }
        #expect(ContentRange(nil) == nil)
    }
}
