import Testing

@testable import Cloud

@Suite struct IntentTests {
    private func message(_ text: String) -> Intent { Intent(message: text) }

    @Test(
        "the briefs' words for the client's own actions, English and Chinese, in any case",
        arguments: [
            ("export", .export), ("Export", .export), ("DOWNLOAD", .export), ("导出", .export),
            ("Please download it.", .export), ("send me the video", .export), ("下载", .export),
            ("Can you send me the video now?", .export), ("save the video", .export),
            ("get the video please", .export), ("请导出视频", .export), ("导出吧，谢谢", .export),
            ("Looks good, export it!", .export), ("ok, thanks, export", .export),
            ("credits", .credits), ("How many credits do I have?", .credits), ("balance", .credits),
            ("how many left?", .credits), ("积分", .credits), ("我的余额", .credits),
            ("还剩多少积分？", .credits),
            ("status", .state), ("show tracks", .state), ("what's the status?", .state),
            ("what’s in it", .state), ("show the timeline", .state), ("状态", .state),
            ("现在什么样了", .state), ("progress?", .state), ("what's done so far", .state),
            ("upload", .upload), ("上传", .upload), ("I want to upload a clip", .upload),
        ] as [(String, Intent.Action)]
    )
    func ownActions(text: String, action: Intent.Action) {
        #expect(Intent.of(text).action == action)
        #expect(Intent.of(text).message == nil)
    }

    @Test(
        "everything else is a message, unchanged",
        arguments: [
            "compress my video files", "compress this video down to 8MB",
            "compress a 500MB MP4 wedding video into a 1080p MP4",
            "reducing video file size for sharing or uploading for content creators, students,"
                + " marketers",
            "trim to 10 s, then add a title and fade out", "regenerate", "redo it", "重新生成", "再来一个",
            "生成视频", "加字幕", "把这个视频压缩到 8MB", "hello", "  make it   faster  ",
        ]
    )
    func messages(text: String) {
        let words = text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        #expect(Intent.of(text) == message(String(words)))
    }

    @Test("each line that the profiles suggest goes where the briefs say")
    func suggestions() {
        for profile in Profile.all {
            for line in profile.trySaying.values.joined() {
                let isExport = line.contains("720p")
                #expect(Intent.of(line).action == (isExport ? .export : nil), "\(line)")
                #expect(Intent.of(line).height == (isExport ? 720 : nil), "\(line)")
            }
        }
    }

    @Test(
        "subtitles are read and not rendered",
        arguments: [
            ("export SRT", .srt), ("Export as .vtt", .vtt), ("download the subtitles", .srt),
            ("导出字幕", .srt), ("导出 VTT 字幕", .vtt), ("export my captions", .srt),
        ] as [(String, Subtitles.Format)]
    )
    func subtitleExport(text: String, format: Subtitles.Format) {
        #expect(Intent.of(text).action == .subtitles(format))
    }

    @Test("a video with subtitles is rendered")
    func videoWithSubtitles() {
        #expect(Intent.of("export the video with subtitles").action == .export)
    }

    @Test(
        "words inside addresses, file names and quotes say nothing",
        arguments: [
            "trim https://example.com/download/export.mp4 to ten seconds", "crop export.mov",
            "use /home/me/Downloads/export/a.mp4", "把 export.mp4 剪到十秒",
            "add the text \"download now\"",
            "加上标题“导出”", "write 'credits' at the end", "add a title: `status`",
            "see www.example.com/upload", "download https://example.com/a.mp4",
        ]
    )
    func coveredWords(text: String) {
        #expect(Intent.of(text) == message(text))
    }

    @Test(
        "English words count whole",
        arguments: [
            "the exported one was longer", "use an export-ready preset", "creditsless",
            "statuses are dull", "uploading took long", "unbalanced sound", "predownload",
        ]
    )
    func wordBorders(text: String) {
        #expect(Intent.of(text) == message(text))
    }

    @Test(
        "a word that is part of an edit is no action",
        arguments: [
            "add rolling credits at the end", "fix the white balance", "balance the audio",
            "add a progress bar", "trim the export to ten seconds", "add a status line",
            "compress this for YouTube upload", "add a download button", "加一个进度条", "压缩到可以上传微信的大小",
            "加一个下载按钮", "make end credits", "don't export yet", "先不要导出",
        ]
    )
    func edits(text: String) {
        #expect(Intent.of(text) == message(text))
    }

    @Test(
        "an edit and an export are a message, then the export",
        arguments: [
            ("trim to 10 s, then export", "trim to 10 s"),
            ("Compress this to 8MB and download it.", "Compress this to 8MB"),
            (
                "add a title, add music and fade out, then export as 720p, thanks",
                "add a title, add music and fade out"
            ),
            ("export after adding a title", "adding a title"),
            ("剪到10秒然后导出", "剪到10秒"), ("压缩后导出", "压缩"), ("压缩导出", "压缩"),
            ("加字幕，再导出", "加字幕"),
            (
                "please make it black and white. Export.",
                "please make it black and white"
            ),
            ("shrink a.download.mp4 for download", "shrink a.download.mp4"),
        ]
    )
    func mixed(text: String, edit: String) {
        let intent = Intent.of(text)
        #expect(intent.action == .export)
        #expect(intent.message == edit)
    }

    @Test("several actions: the first of the list wins, not the first of the sentence")
    func precedence() {
        #expect(Intent.of("show status and credits").action == .credits)
        #expect(Intent.of("upload, check credits, export").action == .export)
        #expect(Intent.of("make the export again").action == .export)
    }

    @Test("an edit beside another action is a message too")
    func otherMixtures() {
        #expect(
            Intent.of("speed it up and show my credits")
                == Intent(action: .credits, message: "speed it up")
        )
        #expect(
            Intent.of("upload it and compress it to 8MB")
                == Intent(action: .upload, message: "compress it to 8MB")
        )
    }

    @Test("files are an upload, and the words go on")
    func files() {
        #expect(
            Intent.of("compress to 8MB", hasFiles: true)
                == Intent(action: .upload, message: "compress to 8MB")
        )
        #expect(Intent.of("", hasFiles: true) == Intent(action: .upload))
        #expect(Intent.of("export", hasFiles: true) == Intent(action: .export))
    }

    @Test("nothing is nothing")
    func nothing() {
        #expect(Intent.of("") == Intent())
        #expect(Intent.of(" \n ") == Intent())
    }

    @Test("an export's height is read where it is named")
    func heights() {
        #expect(Intent.of("export 720p MP4").height == 720)
        #expect(Intent.of("export in 4K").height == 2160)
        #expect(Intent.of("export at 1080P").height == 1080)
        #expect(Intent.of("export").height == nil)
        #expect(Intent.of("compress to 720p").height == nil)
    }

    @Test("no text crashes it")
    func fuzz() {
        var dice = Dice(seed: 6)
        let pieces = [
            "export", "导出", " ", ",", ".", "“", "”", "\"", "'", "http://", "a.mp4", "/", "\\", "后",
            "for",
            "and", "don't", "status", "\n", "👩‍👩‍👧", "e\u{301}", "\u{FFFC}", "www.", "...", "字幕",
            "720p",
        ]
        for _ in 0..<500 {
            let text = (0..<dice.number(0..<12)).map { _ in dice.one(of: pieces) }.joined()
            _ = Intent.of(text, hasFiles: dice.number(0..<2) == 0)
            _ = GUIWords.translate(text, exportAsked: false)
        }
    }
}
