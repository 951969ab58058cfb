import Core
import Foundation

/// What a message makes the agent say and do: a stub, but with sense and in the user's language.
struct Answer: Sendable, Equatable {
    var preface: String
    var tool: String
    var arguments: JSON
    var final: String
    /// Nil: nothing is changed.
    var change: Change?
    var isGeneration = false

    /// A change of the draft.
    enum Change: Sendable, Equatable {
        case compress(target: ByteSize?, lines: Int?)
        case music(String)
        case title(String)
        case subtitles(isChinese: Bool)
        case trim(seconds: Double)
        case generate(String)
        case note(String)
    }

    /// Understands a message, given whether there is anything to work on.
    static func to(_ message: String, hasMedia: Bool) -> Answer {
        let isChinese = message.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
        let change = Change(message, isChinese: isChinese)
        if !hasMedia, !change.isGeneration {
            return Answer(
                preface: "",
                tool: "list_media",
                arguments: [:],
                final: isChinese
                    ? "请先上传一个视频，然后告诉我您想要的效果。"
                    : "Please upload a video first, then tell me what you would like.",
                change: nil
            )
        }
        let words = change.words(isChinese: isChinese)
        return Answer(
            preface: words.preface,
            tool: change.isGeneration ? "generate_video_with_seedance" : "edit_multitrack",
            arguments: ["wish": .string(message)],
            final: words.final,
            change: change,
            isGeneration: change.isGeneration
        )
    }
}

extension Answer.Change {
    fileprivate init(_ message: String, isChinese: Bool) {
        let lowered = message.lowercased()
        func says(_ words: String...) -> Bool { words.contains { lowered.contains($0) } }
        if says("title", "标题") {
            self = .title(Self.quoted(message) ?? (isChinese ? "标题" : "Title"))
        } else if says("bgm", "music", "音乐", "配乐") {
            self = .music("Lo-fi")
        } else if says("subtitle", "caption", "字幕") {
            self = .subtitles(isChinese: isChinese)
        } else if says("generate", "create", "make a video", "生成") {
            self = .generate(isChinese ? "生成的片段" : "generated clip")
        } else if says("trim", "shorten", "剪到", "裁剪"), let seconds = Self.seconds(lowered) {
            self = .trim(seconds: seconds)
        } else if says("compress", "smaller", "under", "压", "reduc", "720p", "1080p", "mb") {
            self = .compress(target: Self.size(in: message), lines: Self.lines(lowered))
        } else {
            self = .note(message)
        }
    }

    var isGeneration: Bool { if case .generate = self { true } else { false } }

    /// The size that is wished for, as in `under 50MB` and `压到8MB`.
    static func size(in message: String) -> ByteSize? {
        let found = message.firstMatch(of: /(\d+(?:\.\d+)?)\s*([KMGkmg][Bb])/)
        guard let found else { return nil }
        return try? ByteSize(parsing: "\(found.1)\(found.2)")
    }

    private static func lines(_ message: String) -> Int? {
        message.firstMatch(of: /(\d{3,4})p/).flatMap { Int($0.1) }
    }

    private static func seconds(_ message: String) -> Double? {
        message.firstMatch(of: /(\d+(?:\.\d+)?)\s*(?:s\b|sec|秒)/).flatMap { Double($0.1) }
    }

    private static func quoted(_ message: String) -> String? {
        message.firstMatch(of: /['"“‘「《]([^'"”’」》]+)['"”’」》]/).map { String($0.1) }
    }

    /// The real agent believes in an editor's window, and so does this one (§13).
    fileprivate func words(isChinese: Bool) -> (preface: String, final: String) {
        switch self {
        case .compress(let target, _):
            let size = target.map(\.description)
            return isChinese
                ? (
                    "好的，正在压缩您的视频…",
                    "✅ 压缩设置已完成\(size.map { "，目标大小 \($0)" } ?? "")。点击“导出”按钮即可下载视频。"
                )
                : (
                    "On it! Compressing your video…",
                    "✅ Compression is set up\(size.map { " for \($0)" } ?? ""). "
                        + "Click the Export button to download your video."
                )
        case .music(let name):
            return isChinese
                ? ("正在添加背景音乐…", "🎵 已添加背景音乐《\(name)》，音量 35%。您可以在时间线中预览。")
                : (
                    "Adding background music…",
                    "🎵 Added the track “\(name)” at 35% volume. You can preview it in the timeline."
                )
        case .title(let text):
            return isChinese
                ? ("正在添加标题…", "✅ 标题“\(text)”已添加（0-3秒）。")
                : ("Adding the title…", "✅ The title “\(text)” is on screen from 0 to 3 seconds.")
        case .subtitles:
            return isChinese
                ? ("正在识别语音并添加字幕…", "✅ 字幕已添加。打开字幕面板可以调整样式。")
                : (
                    "Transcribing and adding subtitles…",
                    "✅ Subtitles are on. Open the subtitle panel to adjust their style."
                )
        case .trim(let seconds):
            let text = seconds.formatted(.number.grouping(.never).locale(Locale(identifier: "en")))
            return isChinese
                ? ("正在剪辑…", "✅ 视频已剪到 \(text) 秒。")
                : ("Trimming…", "✅ The video now ends at \(text) seconds.")
        case .generate:
            return isChinese
                ? ("正在生成视频，可能需要几分钟…", "🎬 视频已生成。")
                : ("Generating your video, this can take minutes…", "🎬 Your clip is ready.")
        case .note:
            return isChinese
                ? ("好的，正在处理…", "✅ 已完成修改。")
                : ("On it…", "✅ Done, the timeline has been updated.")
        }
    }
}
