import Testing

@testable import Jobs

@Suite("The text of a file of settings")
struct SettingsTextTests {
    @Test("the lines of keys are found in what people write, and nowhere else")
    func lines() {
        let text = "a = 1 # b = 2\n\"b\" = \"c = 3\"\n  c.d=4\n[limits]\ne = 5\n[f.g]\n"
        let found = ["a", "b", "c", "d", "e", "f", "limits"].map {
            SettingsText.line(of: $0, in: text)
        }
        #expect(found == [1, 2, 3, nil, nil, 6, 4])
    }
}
