"""Chinese in English words: cut into the words of a dictionary, the longest ones there are. Pure."""

from __future__ import annotations

from overlay.discovery.languages.meaning import Dictionary, Word, meanings

_OWN_WORD = 0.5
"""Of the Chinese word itself: an agent may describe itself in Chinese."""
_TRADITIONAL = (
    "氣風陽溫濕熱霧災緊測報導遊飛機場買賣貨賓館訂預約會議課學習讀書寫語詞頁網鏈線頻視電腦編碼資庫數據開發"
    "試設計圖畫創藝術樂聽聲錄劇員觀運動賽隊獎戰戲謎題擲筆記憶單複練驗證實論醫藥療護診癥傷檢體養減營飲麵魚"
    "雞豬蔥蘋葉湯鹽醬錢銀財務稅費價險債貸匯幣產業應徵職歷簡廣銷標誌類別國際區縣鄉鎮灣歐亞東車輛駕駛維齒輪"
    "鐵軌橋樑郵遞訊號寬連絡聯繫斷穩鎖隱權竊騙帳戶洩歲時間鐘點週曆誕節愛戀結離親媽爺孫兒寵貓鳥龍馬樹園農種"
    "澆環陸島嶼個們這裡為麼樣還請幫給無與從對說話舉辦傳統聞頭條講黃顏紅藍綠長門劃執級獲薦"
)
_SIMPLIFIED = (
    "气风阳温湿热雾灾紧测报导游飞机场买卖货宾馆订预约会议课学习读书写语词页网链线频视电脑编码资库数据开发"
    "试设计图画创艺术乐听声录剧员观运动赛队奖战戏谜题掷笔记忆单复练验证实论医药疗护诊症伤检体养减营饮面鱼"
    "鸡猪葱苹叶汤盐酱钱银财务税费价险债贷汇币产业应征职历简广销标志类别国际区县乡镇湾欧亚东车辆驾驶维齿轮"
    "铁轨桥梁邮递讯号宽连络联系断稳锁隐权窃骗账户泄岁时间钟点周历诞节爱恋结离亲妈爷孙儿宠猫鸟龙马树园农种"
    "浇环陆岛屿个们这里为么样还请帮给无与从对说话举办传统闻头条讲黄颜红蓝绿长门划执级获荐"
)
_SIMPLER = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


class Chinese:
    """A dictionary of Chinese, and the best way to cut a text into its words."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._longest = max(map(len, dictionary))

    def translate(self, run: str) -> list[Word]:
        """English words for a run of Chinese characters; what nothing is known of, stays as it is."""
        run = run.translate(_SIMPLER)
        found: list[Word] = []
        unknown = ""
        for word in self.cut(run):
            english = self._dictionary.get(word)
            if english is None:
                unknown += word
                continue
            found += _unknown(unknown)
            unknown = ""
            if english:
                found += [*meanings(english), Word(word, _OWN_WORD)]
        return [*found, *_unknown(unknown)]

    def cut(self, run: str) -> list[str]:
        """Words of the dictionary and, one by one, the characters between them: as few pieces and as long
        ones as can be (the sum of the squares of their lengths is the greatest).
        """
        best: list[tuple[int, int]] = [(0, 0)]
        for end in range(1, len(run) + 1):
            best.append(
                max(
                    (best[end - length][0] + self._worth(run[end - length : end]), length)
                    for length in range(1, min(self._longest, end) + 1)
                )
            )
        pieces: list[str] = []
        end = len(run)
        while end:
            pieces.append(run[end - best[end][1] : end])
            end -= best[end][1]
        return pieces[::-1]

    def _worth(self, piece: str) -> int:
        if piece in self._dictionary:
            return 2 * len(piece) * len(piece)
        return 0 if len(piece) == 1 else -1_000_000


def _unknown(run: str) -> list[Word]:
    """A name, perhaps; a single character is what cutting left over."""
    return [Word(run, 1.0 if len(run) > 1 else _OWN_WORD)] if run else []
