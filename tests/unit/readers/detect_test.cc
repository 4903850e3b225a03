#include "adapters/readers/detect.h"

#include <gtest/gtest.h>

#include "tests/support/assert_ok.h"
#include "tests/unit/readers/reading.h"

namespace tombolo::readers::testing {
namespace {

std::string Detected(const std::string& bytes) {
  const auto found = DetectEncoding(bytes);
  return found.ok() ? std::string((*found)->name) : std::string(NameOf(CodeOf(found.status())));
}

// Lines as registers have them; written for this test.
constexpr const char* kChinese =
    "上海示例塑胶有限公司,2004-01-01,生产、加工各类塑胶制品及相关模具，销售自产产品\n"
    "四川样本税务师事务所,2002-05-06,税务代理，财务咨询，企业管理服务\n";
constexpr const char* kTraditional =
    "高雄示範工廠股份有限公司,0991007,金屬製品製造業，食品加工，塑膠製品製造\n"
    "新竹樣本電子廠,0850312,電子零組件製造業，生產中，工廠登記\n";
constexpr const char* kKorean =
    "서울특별시 강남구 역삼동,모범음식점,한식,갈비구이 전문 식당\n"
    "서울특별시 종로구 관철동,일반음식점,중국식,자장면과 짬뽕\n";
constexpr const char* kJapanese =
    "東京都千代田区丸の内,株式会社サンプル,食品の製造および販売をおこなう\n"
    "大阪市北区梅田,有限会社みほん,カレーライスとコーヒーのみせ\n";
constexpr const char* kRussian =
    "Бар «Образец»,Центральный округ,улица Примерная, дом 3\n"
    "Кафе Пример,Мещанский район,Большой переулок, строение 1\n";
constexpr const char* kFrench =
    "Café Exemple,Montréal,Les appareils utilisés à la préparation sont nettoyés\n"
    "Épicerie Modèle,Québec,Présence d'excréments de rongeurs – récidive\n";
constexpr const char* kSpanish =
    "COMERCIALIZADORA MUÑOZ,Situación,Definitivo\nINGENIERÍA ÑANDÚ,Publicación,Desvirtuado\n";

TEST(Detect, TextOfEachLanguage) {
  EXPECT_EQ(Detected(Encode(kChinese, "GB18030")), "GB18030");
  EXPECT_EQ(Detected(Encode(kTraditional, "BIG5")), "Big5");
  EXPECT_EQ(Detected(Encode(kKorean, "UHC")), "CP949");
  EXPECT_EQ(Detected(Encode(kJapanese, "CP932")), "Shift_JIS");
  EXPECT_EQ(Detected(Encode(kRussian, "CP1251")), "windows-1251");
  EXPECT_EQ(Detected(Encode(kFrench, "CP1252")), "windows-1252");
  EXPECT_EQ(Detected(Encode(kSpanish, "CP1252")), "windows-1252");
}

TEST(Detect, Unicode) {
  for (const char* text : {kChinese, kTraditional, kKorean, kJapanese, kRussian, kFrench}) {
    EXPECT_EQ(Detected(text), "UTF-8");
    EXPECT_EQ(Detected("\xFF\xFE" + Encode(text, "UTF-16LE")), "UTF-16LE");
    EXPECT_EQ(Detected("\xFE\xFF" + Encode(text, "UTF-16BE")), "UTF-16BE");
  }
  EXPECT_EQ(Detected("plain, ASCII\n"), "UTF-8");
  EXPECT_EQ(Detected(Encode("plain, ASCII\n", "UTF-16LE")), "UTF-16LE");
  EXPECT_EQ(Detected(Encode("plain, ASCII\n", "UTF-16BE")), "UTF-16BE");
  EXPECT_EQ(Detected("\x84\x31\x95\x33"
                     "abc"),
            "GB18030");
}

TEST(Detect, ASampleMayEndInsideACharacter) {
  const std::string utf8 = kChinese;
  EXPECT_EQ(Detected(utf8.substr(0, 10)), "UTF-8");
  const std::string gb = Encode(kChinese, "GB18030");
  EXPECT_EQ(Detected(gb.substr(0, gb.size() - 2)), "GB18030");
}

TEST(Detect, AFewBrokenBytesDoNotChangeUtf8) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += kChinese;
  text.insert(text.find('\n'), "\xFF");
  EXPECT_EQ(Detected(text), "UTF-8");
}

TEST(Detect, AsksWhereItCannotKnow) {
  // Two syllables are two common Chinese characters as well.
  const auto found = DetectEncoding(Encode("서울\n", "UHC"));
  EXPECT_CODE(Code::ENCODING_UNKNOWN, found);
  EXPECT_NE(found.status().message().find("CP949"), std::string::npos);
  EXPECT_NE(found.status().message().find("GB18030"), std::string::npos);
  std::string noise;
  for (int i = 0; i < 4000; ++i) noise.push_back(static_cast<char>(0x80 + (i * i * 31 + i) % 128));
  EXPECT_EQ(Detected(noise), "ENCODING_UNKNOWN");
  EXPECT_EQ(Detected(std::string("\xFF\xFE\0\0a\0\0\0", 8)), "ENCODING_UNKNOWN");
}

TEST(Detect, AReaderSaysWhatItFound) {
  ReaderOptions options;
  for (const char* label : {"", "auto", "AUTO"}) {
    options.encoding = label;
    EXPECT_EQ(ReadBytes(Encode(std::string("a,b,c\n") + kKorean, "UHC"), options).encoding,
              "CP949");
  }
  options.encoding = "klingon";
  EXPECT_CODE(Code::ENCODING_UNKNOWN, ReadBytes("a,b\n", options).status);
}

}  // namespace
}  // namespace tombolo::readers::testing
