import Cloud
import Core
import Jobs

/// What the cloud commands say of themselves, in the two languages that the service speaks.
struct CloudWords: Sendable, Equatable {
    var isChinese = false

    /// By the locale that messages follow.
    init(environment: [String: String]) {
        isChinese = Self.locale(environment).hasPrefix("zh")
    }

    init(isChinese: Bool) { self.isChinese = isChinese }

    /// The user's language for a session (§3), as `en` or `zh-CN`.
    static func language(_ environment: [String: String]) -> String {
        let name = locale(environment).prefix { $0 != "." && $0 != "@" }
        let tag = String(name).replacing("_", with: "-")
        let isTag = tag.count >= 2 && tag.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "-") }
        return isTag && tag.lowercased() != "posix" ? tag : "en"
    }

    /// The language that the service is told of.
    func serviceLanguage(_ environment: [String: String]) -> String {
        isChinese ? "zh-CN" : Self.language(environment)
    }

    private static func locale(_ environment: [String: String]) -> String {
        ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { environment[$0] }
            .first { !$0.isEmpty } ?? ""
    }

    /// Whether words are Chinese: Han characters, and none of the Japanese and Korean scripts.
    static func areChinese(_ text: String) -> Bool {
        var hasHan = false
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x3040...0x30FF, 0xAC00...0xD7A3: return false
            case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x2FFFF: hasHan = true
            default: break
            }
        }
        return hasHan
    }

    private func pick(_ english: String, _ chinese: String) -> String {
        isChinese ? chinese : english
    }

    var language: Profile.Language { isChinese ? .chinese : .english }

    // MARK: Connecting

    var connecting: String { pick("Connecting…", "正在连接…") }
    var ready: String { pick("Ready!", "准备就绪！") }
    var trySaying: String { pick("Try saying:", "可以试着说：") }
    var howToEnd: String {
        pick("Drop files here, or type. Ctrl-D ends.", "把文件拖到这里，或直接输入。Ctrl-D 结束。")
    }
    var simulated: String {
        pick(
            "Simulated: the service runs inside this program and nothing leaves this machine.",
            "模拟模式：服务就在本程序内运行，任何内容都不会离开这台电脑。"
        )
    }
    var goAhead: String { pick("Go ahead? [y/N] ", "继续吗？[y/N] ") }

    /// Whether an answer to a question is a yes.
    static func isYes(_ answer: String) -> Bool {
        let plain = answer.lowercased().filter { $0.isLetter }
        return [
            "y", "yes", "ok", "okay", "sure", "yeah", "yep", "是", "是的", "好", "好的", "好啊", "可以", "对",
            "行", "继续",
        ].contains(plain)
    }

    /// What is about to be done, for the person who decides.
    func question(_ question: Consent.Question) -> String {
        guard isChinese else { return question.text }
        switch question.subject {
        case .network:
            return "Cinch 即将连接 \(question.host)。您在云端命令中输入的内容会连同本机的一个随机编号发送到那里；"
                + "该服务由第三方运营。现在还不会发送您的任何文件。"
        case .upload:
            let list = question.files.map { "\($0.name)（\(($0.bytes + 999_999) / 1_000_000) MB）" }
            let addresses = question.addresses.joined(separator: "、")
            let deed =
                addresses.isEmpty
                ? "把 \(list.joined(separator: "、")) 发送到第三方 \(question.host)"
                : "让第三方 \(question.host) 获取 \(addresses)"
            return "Cinch 即将\(deed)。"
                + "上传内容和结果会保存多久无从得知，结果链接无需密码即可打开。"
        }
    }

    // MARK: While it goes on

    func uploading(_ name: String) -> String { pick("Uploading \(name)", "正在上传 \(name)") }
    func uploaded(_ name: String) -> String { pick("\(name) is uploaded", "\(name) 已上传") }
    var doneHere: String { pick("done here, nothing is sent", "在本机完成，不会发送任何内容") }
    var exportedAndFitted: String {
        pick("what was edited is exported and fitted", "导出编辑后的视频并调整到该大小")
    }
    var restForTheAgent: String {
        pick("the rest is for the agent, and its result is fitted", "其余交给编辑代理，结果再调整到该大小")
    }
    var goesToTheCloud: String { pick("It goes to the cloud instead.", "改由云端处理。") }
    func understood(_ meanings: String, _ more: String) -> String {
        let wish = meanings.isEmpty ? pick("a smaller file", "更小的文件") : meanings
        return pick("understood: \(wish); \(more)", "理解为：\(wish)；\(more)")
    }
    var waiting: String { pick("Waiting for the answer", "等待回复") }
    var mayTakeMinutes: String { pick("may take minutes", "可能需要几分钟") }
    var editing: String { pick("Editing the timeline", "正在编辑时间线") }
    var generating: String { pick("Generating video", "正在生成视频") }
    var stillWorking: String { pick("⏳ Still working...", "⏳ 仍在处理中…") }
    var rendering: String { pick("Rendering", "正在渲染") }
    var usually: String {
        let usual = Profile.typicalSeconds
        return pick(
            "usually \(usual.lowerBound) to \(usual.upperBound) s",
            "通常 \(usual.lowerBound) 到 \(usual.upperBound) 秒"
        )
    }
    var downloading: String { pick("Downloading", "正在下载") }
    var checking: String { pick("Checking the file", "正在检查文件") }
    var lookingAgain: String { pick("Looking for changes", "正在查看变化") }
    func left(_ time: String) -> String { pick("\(time) left", "剩余 \(time)") }
    func of(_ part: String, _ whole: String) -> String {
        pick("\(part) of \(whole)", "\(part) / \(whole)")
    }

    var recovering: String {
        pick(
            "The connection was lost. The timeline is read now and then for up to five minutes; the "
                + "message is not sent twice.",
            "连接中断。接下来五分钟内会不时查看时间线；消息不会重复发送。"
        )
    }
    func inDoubt(sendsAgain: Bool) -> String {
        let next =
            sendsAgain
            ? pick(
                "if nothing has changed by then, the message is sent once more.",
                "若届时没有变化，消息会再发送一次。"
            )
            : pick("the message is not sent a third time.", "消息不会发送第三次。")
        return pick(
            "The service did not say whether it took the message, and may be working on it. The "
                + "timeline is read now and then for up to five minutes; ",
            "服务没有说明是否收到消息，可能已在处理。接下来五分钟内会不时查看时间线；"
        ) + next
    }
    func changedMeanwhile(_ timeline: String, wasUnanswered: Bool) -> String {
        let words =
            wasUnanswered
            ? pick(
                "The message whose answer was not waited for has changed the timeline.",
                "之前没有等到回复的那条消息已经改变了时间线。"
            )
            : pick(
                "The service has changed the timeline since you last saw it. Say so if something "
                    + "shall go again.",
                "自您上次查看以来，服务更改了时间线。如果不想要某项更改，直接说即可。"
            )
        return timeline.isEmpty ? words : "\(words)\n\(timeline)"
    }
    func limited(_ seconds: Int) -> String {
        pick(
            "The service limits requests. In \(seconds) s it is asked once more.",
            "服务限制了请求频率，\(seconds) 秒后再试一次。"
        )
    }
    var waitingForOther: String {
        pick(
            "Another run of cinch is at work on the session; this one goes on after it.",
            "另一个 cinch 正在处理本会话，等它完成后继续。"
        )
    }
    func newSession(lostMedia: Bool) -> String {
        pick(
            "The service had forgotten the session; a new one is open."
                + (lostMedia
                    ? " What was in the old one is gone: upload the files again, and say anew what to do."
                    : ""),
            "服务已不记得之前的会话，已打开新的会话。" + (lostMedia ? "原来的文件和时间线也随之失效，请重新上传并再说一次需求。" : "")
        )
    }

    func shorter(_ bytes: Int, _ stated: Int) -> String {
        pick(
            "The file has \(self.bytes(bytes)); the service had said \(self.bytes(stated)). Check that "
                + "nothing is missing at its end.",
            "文件有 \(self.bytes(bytes))，而服务说的是 \(self.bytes(stated))。请检查结尾是否完整。"
        )
    }

    // MARK: Left behind

    var adopted: String {
        pick(
            "This very export had been left behind: it is taken up, not made again.",
            "之前留下了同一个导出：接着取回，不重新制作。"
        )
    }
    var queued: String {
        pick(
            "Another export of the session is still being made; this one comes after it.",
            "本会话的另一个导出仍在制作中，这一个随后开始。"
        )
    }
    func stillRendering(_ path: String) -> String {
        pick(
            "An export to \(path), left behind earlier, is still being made. To wait for it: "
                + "cinch jobs --resume",
            "之前留下的导出 \(path) 仍在制作中。要等它完成：cinch jobs --resume"
        )
    }
    func takenElsewhere(_ path: String) -> String {
        pick(
            "The export to \(path) is no longer left behind: another run of cinch has taken it up.",
            "导出 \(path) 已由另一个 cinch 接手。"
        )
    }
    func notFetched(_ path: String, _ reason: String) -> String {
        pick(
            "The export to \(path), left behind earlier, was not fetched. \(reason)",
            "之前留下的导出 \(path) 没有取回。\(reason)"
        )
    }

    // MARK: Conversation

    var whichFile: String {
        pick(
            "Which file? Drop it here, or type its path.",
            "要上传哪个文件？把它拖到这里，或输入路径。"
        )
    }
    var sayWhatToDo: String {
        pick("Now say what to do with it.", "现在说说想怎么处理它。")
    }
    var sayExport: String { pick("Say “export” to get the file.", "说“导出”即可得到文件。") }
    var sayEdit: String {
        pick(
            "There is no window to drag things in: just say what to change.",
            "这里没有可拖拽的窗口：直接说想改什么即可。"
        )
    }
    /// What the service's silence, or a lost connection, came to; nil after an ordinary answer.
    func notice(_ reply: Reply) -> String? {
        guard isChinese else { return reply.notice }
        return switch reply.outcome {
        case .edited: "已完成，服务没有附上说明。"
        case .recovered: "连接中断过，但处理没有停：时间线已更新。"
        case .nothing: "服务没有回复，时间线也没有变化。需要的话可以再说一次，可能会消耗积分。"
        case .answered, .failed, .lost, .neverBegan: nil
        }
    }
    var emptyTimeline: String { pick("The timeline is empty.", "时间线是空的。") }
    func clipsAreThere(_ count: Int) -> String {
        pick(
            count == 1
                ? "One file is there to work with." : "\(count) files are there to work with.",
            "已上传 \(count) 个文件。"
        )
    }
    func credits(_ available: String, reserved: String, total: String) -> String {
        pick(
            "Credits: \(available) available, \(reserved) reserved, \(total) in all",
            "积分：可用 \(available)，冻结 \(reserved)，总计 \(total)"
        )
    }
    var noSubtitles: String {
        pick("There are no words with times on the timeline.", "时间线上没有带时间的文字。")
    }

    // MARK: The file

    enum Label { case size, picture, codecs, maker, reason, time, length, media }

    func label(_ label: Label) -> String {
        switch label {
        case .size: pick("Size", "大小")
        case .picture: pick("Picture", "画面")
        case .codecs: pick("Codecs", "编码")
        case .maker: pick("Made by", "制作")
        case .reason: pick("Because", "原因")
        case .time: pick("Time", "用时")
        case .length: pick("Length", "时长")
        case .media: pick("Media", "素材")
        }
    }
    func bytes(_ count: Int) -> String {
        pick("\(ByteSize.grouped(count)) bytes", "\(ByteSize.grouped(count)) 字节")
    }
    func spare(_ bytes: Int, of wish: Int) -> String {
        let (spare, wish) = (ByteSize.text(bytes), ByteSize.askedText(wish))
        return bytes == 0
            ? pick("exactly the \(wish) you asked for", "正好是您要求的 \(wish)")
            : pick("\(spare) under the \(wish) you asked for", "比您要求的 \(wish) 少 \(spare)")
    }
    func maker(_ maker: Delivered.Maker) -> String {
        switch maker {
        case .cloud:
            pick("the cloud, and checked here to its last picture", "云端，并在本机逐帧检查")
        case .hereFromOriginal: pick("this machine, from the original file", "本机，由原文件压缩")
        case .hereFromResult:
            pick("the cloud, then fitted on this machine", "云端，再由本机压缩到要求的大小")
        }
    }
    func reason(_ reason: Delivered.Reason) -> String {
        switch reason {
        case .unusable(let detail): unusable(detail)
        case .tooLarge(let bytes, let wish): tooLarge(bytes, wish)
        }
    }
    func tooLarge(_ bytes: Int, _ wish: Int) -> String {
        let wish = ByteSize.askedText(wish)
        return pick(
            "the cloud's file has \(self.bytes(bytes)), more than the \(wish) you asked for",
            "云端的文件有 \(self.bytes(bytes))，超过您要求的 \(wish)"
        )
    }
    func unusable(_ detail: String) -> String {
        pick("the cloud's file cannot be used", "云端的文件无法使用")
            + (detail.isEmpty ? "" : pick(": ", "：") + detail)
    }
    /// What happens now; `file` is nil for what the cloud has made.
    func fittedHere(_ reason: String, from file: String?) -> String {
        pick(
            "\(reason.prefix(1).uppercased())\(reason.dropFirst()). It is fitted here, from "
                + "\(file ?? "the cloud's file").",
            "\(reason)。现在在本机由\(file.map { " \($0) " } ?? "云端的文件")压缩。"
        )
    }
    func madeHere(_ reason: String, from file: String) -> String {
        pick(
            "\(reason.prefix(1).uppercased())\(reason.dropFirst()). It is made here, from \(file).",
            "\(reason)。现在在本机由 \(file) 制作。"
        )
    }
    func changedAllTheSame(_ timeline: String) -> String {
        pick("The timeline changed all the same. ", "不过时间线已经改变。") + timeline
    }
    var orHere: String { pick("Or here, without the cloud:", "或者不用云端，直接在本机压缩：") }
    var ended: String { pick("Bye.", "再见。") }
}
