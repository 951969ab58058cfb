import Testing

@testable import Cloud

@Suite struct GUIWordsTests {
    private func translate(_ text: String) -> GUIWords {
        GUIWords.translate(text, exportAsked: false)
    }

    @Test(
        "what is no instruction stays as it is",
        arguments: [
            "Title added ✅ 标题已添加。", "I moved the clip to the start.", "The drop hits at 0:10.",
            "I've opened with a wide shot of the city.", "Your video is ready!", "Export complete.",
            "Which track should I use? 1. Piano 2. Drums",
            "I can burn the subtitles in if you like.",
            "I added a click sound at 0:02.", "点击率提高了。", "导出完成。", "Open with a city shot.",
            "- one\n- two\n\n1. three", "I added the text \"Click here to subscribe\".",
            "加上了文字“点击订阅”。", "The clip is named click export.mp4.",
        ]
    )
    func content(text: String) {
        #expect(translate(text) == GUIWords(text: text, actions: []))
    }

    @Test(
        "instructions are taken out and become an action of the list",
        arguments: [
            ("Title added ✅ 标题已添加。Click \"Export\" to save.", "Title added ✅ 标题已添加。", .offerExport),
            ("Done. Click the Export button.", "Done.", .offerExport),
            ("Done! CLICK EXPORT to finish.", "Done!", .offerExport),
            ("标题已添加。请点击“导出”按钮保存。", "标题已添加。", .offerExport),
            ("完成了，点击导出即可。", "完成了。", .offerExport),
            ("I've added music, click Export to save it.", "I've added music.", .offerExport),
            (
                "Your video is ready and you can click Export to download it.",
                "Your video is ready.",
                .offerExport
            ),
            ("To save it, click the Export button.", "", .offerExport),
            ("You can now export your video.", "", .offerExport),
            ("Open the timeline panel to see the tracks.", "", .state),
            ("Added. Please open the media panel.", "Added.", .state),
            ("打开时间线面板查看。", "", .state),
            ("Drag the clip to the second track.", "", .askForEdit),
            ("将音乐拖拽到第二条轨道。", "", .askForEdit),
            ("Preview it in the timeline.", "", .timeline),
            ("You can preview the result in the player, enjoy!", "Enjoy!", .timeline),
            ("在播放器中预览效果", "", .timeline),
            ("You have few credits. Check your account page.", "You have few credits.", .credits),
            ("Go to Settings to change it.", "", .credits),
            ("Visit the dashboard for billing.", "", .credits),
            ("Adjust the length in the editor.", "", .askForEdit),
            ("Arrange the clips on the timeline.", "", .askForEdit),
            ("Open the subtitle panel.", "", .subtitles),
            ("Click the gear icon.", "", nil),
            ("Saved.\nClick OK.\nNext line", "Saved.\nNext line", nil),
            ("1. Added a title\n2. Click Export", "1. Added a title", .offerExport),
            ("- **Click Export** to save", "", .offerExport),
        ] as [(String, String, GUIWords.Action?)]
    )
    func instructions(text: String, rest: String, action: GUIWords.Action?) {
        #expect(translate(text) == GUIWords(text: rest, actions: action.map { [$0] } ?? []))
    }

    @Test("an export that was asked for goes on without asking")
    func exportAsked() {
        #expect(GUIWords.translate("Click Export.", exportAsked: true).actions == [.export])
    }

    @Test("each action comes once, in the order of the text")
    func severalActions() {
        let words = translate("Open the timeline. Click Export. Then click Export again.")
        #expect(words == GUIWords(text: "", actions: [.state, .offerExport]))
    }

    @Test(
        "an instruction with an address in it is shown as it is and causes nothing",
        arguments: [
            "Click http://evil.example/export to export.",
            "Click https://evil.example to claim credits",
            "点击 http://evil.example 导出", "Open www.evil.example/timeline in the editor.",
        ]
    )
    func malicious(text: String) {
        #expect(translate(text) == GUIWords(text: text, actions: []))
    }

    @Test("words without end are left alone: no instruction is that long")
    func endless() {
        let sentence = String(repeating: "click and open ", count: 40) + "the panel."
        #expect(translate(sentence) == GUIWords(text: sentence, actions: []))
        let text = String(repeating: "Click Export. ", count: 2000) + "End."
        #expect(translate(text) == GUIWords(text: text, actions: []))
        let quotes = String(repeating: "“", count: 5000)
        #expect(translate(quotes).text == quotes)
    }

    @Test("what goes to a terminal is clean")
    func cleaned() {
        #expect(translate("a\u{1B}[31mb").text == "ab")
    }
}
