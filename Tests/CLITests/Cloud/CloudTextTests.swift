import Cloud
import Core
import Foundation
import SystemPackage
import Testing

@testable import CLI

@Suite("What the cloud commands look like")
struct CloudTextTests {
    private let upload = ActivityLine.State(
        label: "Uploading holiday.mov",
        fraction: 0.456,
        detail: "12.3 MB of 27.0 MB",
        isSteady: true
    )

    @Test("the line of an upload at a hundred columns has all there is")
    func wide() {
        #expect(
            ActivityLine.draw(upload, seconds: 10, width: 100)
                == "Uploading holiday.mov ━━━━━━━━━━━━━╸────────────────  45 %  12.3 MB of 27.0 MB"
                + "  0:12 left"
        )
    }

    @Test("no line is wider than its terminal, and the percentage goes last", arguments: 1...120)
    func widths(width: Int) {
        var chinese = upload
        chinese.label = "正在上传 我的假期视频（一）.mov"
        for state in [upload, chinese, ActivityLine.State(label: "Waiting", detail: "minutes")] {
            for seconds in [0.0, 7, 4000] {
                let line = ActivityLine.draw(state, seconds: seconds, width: width)
                #expect(line.columns < max(2, width), "\(line)")
                if width >= 40, state.fraction != nil { #expect(line.contains("45 %")) }
            }
        }
    }

    @Test("where nothing is known of the end there is a clock")
    func waiting() {
        let state = ActivityLine.State(label: "Waiting for the answer", detail: "may take minutes")
        #expect(
            ActivityLine.draw(state, seconds: 65.9, width: 80)
                == "Waiting for the answer  may take minutes  1:05"
        )
        #expect(ActivityLine.plain(state) == "Waiting for the answer, may take minutes")
    }

    @Test(
        "columns of a terminal, not characters, are counted",
        arguments: [("abc", 3), ("视频", 4), ("✅ 好", 5), ("é", 1), ("🎬", 2), ("，", 2), ("", 0)]
    )
    func columns(text: String, columns: Int) {
        #expect(text.columns == columns)
    }

    @Test("Chinese breaks anywhere but before its punctuation")
    func wrapping() {
        #expect(Wrapping.lines("好的，正在压缩您的视频。", width: 10) == ["好的，正在", "压缩您的视", "频。"])
        #expect(Wrapping.lines("正在压缩它。", width: 10) == ["正在压缩", "它。"])
        #expect(Wrapping.lines("目标大小 8 MB 以内", width: 10) == ["目标大小", "8 MB 以内"])
        for width in 20...40 {
            let text = "✅ 压缩设置已完成，目标大小 50 MB。You can say “导出” to get the file."
            for line in Wrapping.paragraphs("\(text)\n  1. \(text)", width: width) {
                #expect(line.columns <= width, "\(line)")
            }
        }
    }

    @Test("a timeline that is too wide for a line has a line a track")
    func timelines() throws {
        let json =
            #"{"t":[{"tt":0,"sg":[{"d":10000,"name":"city"}]},{"tt":7,"sg":[{"d":3000,"text":"Hi"}]}]}"#
        let draft = try JSONDocument(Array(json.utf8)).root
        let timeline = try #require(Timeline(draft: draft))
        let line = "Timeline (2 tracks): 1. Video: city (0-10s) 2. Title: \"Hi\" (0-3s)"
        #expect(CloudFacts.timeline(timeline, width: nil) == line)
        #expect(CloudFacts.timeline(timeline, width: 80) == line)
        #expect(
            CloudFacts.timeline(timeline, width: 40)
                == "Timeline (2 tracks):\n  1. Video: city (0-10s)\n  2. Title: \"Hi\" (0-3s)"
        )
    }

    @Test("Chinese words are told from Japanese ones and from names")
    func languages() {
        #expect(CloudWords.areChinese("把这个视频压缩到 8MB"))
        #expect(!CloudWords.areChinese("compress it") && !CloudWords.areChinese("動画を圧縮して"))
        func language(_ locale: String) -> String { CloudWords.language(["LANG": locale]) }
        #expect(language("zh_CN.UTF-8") == "zh-CN" && language("de_DE@euro") == "de-DE")
        #expect(language("C.UTF-8") == "en" && language("POSIX") == "en" && language("") == "en")
        #expect(CloudWords(environment: ["LANG": "zh_TW.UTF-8"]).isChinese)
        #expect(!CloudWords(environment: ["LC_ALL": "en_GB.UTF-8", "LANG": "zh_CN"]).isChinese)
        #expect(CloudWords.isYes("Yes!") && CloudWords.isYes("好的。") && !CloudWords.isYes("no"))
        #expect(!CloudWords.isYes("") && !CloudWords.isYes("yes, but louder"))
    }
}
