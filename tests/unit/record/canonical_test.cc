#include "gateway/record/canonical.h"

#include <gtest/gtest.h>

#include <random>

#include "gateway/base/limits.h"
#include "gateway/base/text.h"
#include "tests/unit/record/sample.h"

namespace tombolo::record {
namespace {

// What protobuf's own generated code makes of a value; false if there is nothing to write.
bool Fill(const Value& value, v1::Field* field) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    field->set_text(*text);
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    field->set_integer(*integer);
  } else if (const auto* date = std::get_if<DateValue>(&value)) {
    field->set_date(date->days);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    field->set_flag(*flag);
  } else if (const auto* amount = std::get_if<AmountValue>(&value)) {
    field->mutable_amount()->set_minor_units(amount->minor_units);
    field->mutable_amount()->set_currency(amount->currency);
  } else if (const auto* id = std::get_if<IdentifierValue>(&value)) {
    field->mutable_identifier()->set_scheme(id->scheme);
    field->mutable_identifier()->set_value(id->value);
  } else if (const auto* code = std::get_if<CodeValue>(&value)) {
    field->mutable_code()->set_code(code->code);
    field->mutable_code()->set_label(code->label);
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    for (const std::string& text : *texts) field->mutable_texts()->add_items(text);
  } else if (const auto* decimal = std::get_if<DecimalValue>(&value)) {
    field->set_decimal(decimal->text);
  } else {
    return false;
  }
  return true;
}

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int64_t Integer() {
    const int shift = static_cast<int>(engine_() % 64);
    return static_cast<int64_t>(engine_() >> shift) * (engine_() % 2 == 0 ? 1 : -1);
  }
  size_t Below(size_t n) { return engine_() % n; }
  // Long ones too, so that lengths of two and three bytes occur.
  std::string Text() {
    static constexpr std::string_view kPieces[] = {"a", "ß", "上", "😀", "\n", "Straße 12"};
    std::string text = "x";
    const size_t pieces = Below(10) == 0 ? Below(6000) : Below(20);
    for (size_t i = 0; i < pieces; ++i) text += kPieces[Below(std::size(kPieces))];
    return text;
  }
  Value AnyValue() {
    switch (Below(10)) {
      case 0:
        return Text();
      case 1:
        return Integer();
      case 2:
        return DateValue{static_cast<int32_t>(Below(100000)) - 50000};
      case 3:
        return Below(2) == 0;
      case 4:
        return AmountValue{Below(4) == 0 ? 0 : Integer(), "CNY"};
      case 5:
        return IdentifierValue{"cn.uscc", "91110000802100433B"};
      case 6:
        return CodeValue{"7", Below(2) == 0 ? "" : "seven"};
      case 7: {
        std::vector<std::string> texts(1 + Below(5));
        for (std::string& text : texts) text = Text();
        return texts;
      }
      case 8:
        return DecimalValue{"12.5"};
      default:
        return std::monostate();
    }
  }

 private:
  std::mt19937_64 engine_;
};

TEST(EncodeLayers, GivesWhatProtobufGivesAndReadsBack) {
  Random random(20240301);
  LayerBytes bytes;
  for (int round = 0; round < 800; ++round) {
    ItemSpec item;
    Draft draft;
    draft.item = &item;
    std::array<v1::Layer, kLayers> expected;
    for (int i = 0; i < 10; ++i) {
      const auto sharing_class = static_cast<v1::SharingClass>(1 + random.Below(4));
      item.fields.push_back(Spec("f" + std::to_string(i), v1::TEXT, sharing_class));
      draft.values.push_back(random.AnyValue());
      v1::Field field;
      field.set_name(item.fields.back().name);
      if (!Fill(draft.values.back(), &field) || sharing_class == v1::LOCAL) continue;
      *expected[sharing_class - 1].add_fields() = field;
    }
    ASSERT_TRUE(EncodeLayers(draft, &bytes).ok());
    for (size_t k = 0; k < kLayers; ++k) {
      ASSERT_EQ(ToHex(bytes[k]), ToHex(expected[k].SerializeAsString()));
      const auto decoded = DecodeLayer(bytes[k]);
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(decoded->SerializeAsString(), bytes[k]);
    }
  }
}

TEST(EncodeLayers, LeavesOutWhatIsEmptyAndClearsWhatWasThere) {
  ItemSpec item;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    item.fields.push_back(Spec(name, v1::TEXT, v1::PUBLIC));
  }
  Draft draft;
  draft.item = &item;
  draft.values = {std::string(), std::vector<std::string>(), IdentifierValue{"x", ""},
                  CodeValue{"", "label"}, DecimalValue{""}};
  LayerBytes bytes = {"old", "old", "old"};
  ASSERT_TRUE(EncodeLayers(draft, &bytes).ok());
  for (const std::string& layer : bytes) EXPECT_EQ(layer, "");
}

TEST(EncodeLayers, LocalFieldsStandNowhereAndMasksInTheirLayer) {
  ItemSpec item = ExampleItem();
  item.fields[3].sharing_class = v1::LOCAL;
  const Draft draft = ExampleDraft(item);
  LayerBytes bytes;
  ASSERT_TRUE(EncodeLayers(draft, &bytes).ok());
  for (const std::string& layer : bytes) {
    EXPECT_EQ(layer.find("ckerei"), std::string::npos);
  }
  const v1::Layer open = *DecodeLayer(bytes[0]);
  ASSERT_EQ(open.fields_size(), 2);
  EXPECT_EQ(open.fields(1).name(), "subject.id");
  EXPECT_EQ(open.fields(1).text(), "O1***5");
  EXPECT_EQ(bytes[0].find("O12345"), std::string::npos);
  EXPECT_EQ(DecodeLayer(bytes[2])->fields(0).identifier().value(), "O12345");
}

TEST(EncodeLayers, LimitOfALayer) {
  ItemSpec item;
  Draft draft;
  draft.item = &item;
  for (int i = 0; i < 5; ++i) {
    item.fields.push_back(Spec("f" + std::to_string(i), v1::TEXT, v1::LIMITED));
    draft.values.push_back(std::string(limits::kFieldTextBytesMax - (i < 4 ? 24 : 0), 'x'));
  }
  std::get<std::string>(draft.values[4]) = "x";
  LayerBytes bytes;
  ASSERT_TRUE(EncodeLayers(draft, &bytes).ok());
  const size_t room = limits::kLayerBytesMax - bytes[2].size();
  ASSERT_LT(room, 100u);
  std::get<std::string>(draft.values[4]) = std::string(1 + room, 'x');
  ASSERT_TRUE(EncodeLayers(draft, &bytes).ok());
  EXPECT_EQ(bytes[2].size(), limits::kLayerBytesMax);
  EXPECT_TRUE(DecodeLayer(bytes[2]).ok());
  std::get<std::string>(draft.values[4]) += "x";
  EXPECT_EQ(CodeOf(EncodeLayers(draft, &bytes)), Code::LIMIT_EXCEEDED);
  EXPECT_EQ(CodeOf(DecodeLayer(bytes[2]).status()), Code::LIMIT_EXCEEDED);
}

TEST(Header, GivesWhatProtobufGivesAndReadsBack) {
  Random random(7);
  const ItemSpec item = ExampleItem();
  for (int round = 0; round < 2000; ++round) {
    Draft draft;
    draft.item = &item;
    v1::RecordHeader expected;
    expected.set_record_id(CountingBytes(16, round));
    expected.set_version(1 + random.Below(1000000));
    expected.set_kind(item.kind);
    expected.set_polarity(item.polarity);
    draft.header.state = static_cast<v1::RecordState>(1 + random.Below(8));
    expected.set_state(draft.header.state);
    const auto day = [&]() -> std::optional<int32_t> {
      if (random.Below(2) == 0) return std::nullopt;
      return random.Below(5) == 0 ? 0 : static_cast<int32_t>(random.Below(90000)) - 40000;
    };
    if ((draft.header.decided_on = day())) expected.set_decided_on(*draft.header.decided_on);
    if ((draft.header.effective_on = day())) expected.set_effective_on(*draft.header.effective_on);
    if ((draft.header.valid_from = day())) expected.set_valid_from(*draft.header.valid_from);
    if ((draft.header.valid_until = day())) expected.set_valid_until(*draft.header.valid_until);
    if ((draft.header.publish_until = day())) {
      expected.set_publish_until(*draft.header.publish_until);
    }
    if ((draft.header.share_until = day())) expected.set_share_until(*draft.header.share_until);
    expected.set_recorded_at_us(static_cast<int64_t>(random.Below(2) * 1709287200000000));
    std::string bytes = "kept";
    AppendHeader(RecordId::From(expected.record_id()), expected.version(),
                 expected.recorded_at_us(), draft, &bytes);
    ASSERT_EQ(bytes.substr(0, 4), "kept");
    bytes.erase(0, 4);
    ASSERT_EQ(ToHex(bytes), ToHex(expected.SerializeAsString()));
    const auto decoded = DecodeHeader(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
  }
}

TEST(Decode, NeverCrashesOnDamagedBytes) {
  const ItemSpec item = ExampleItem();
  const Draft draft = ExampleDraft(item);
  LayerBytes bytes;
  ASSERT_TRUE(EncodeLayers(draft, &bytes).ok());
  std::string header;
  AppendHeader(RecordId::From(CountingBytes(16, 0)), 1, 5, draft, &header);
  for (size_t at = 0; at < bytes[0].size(); ++at) {
    const std::string cut = bytes[0].substr(0, at);
    const auto shorter = DecodeLayer(cut);
    if (shorter.ok()) {
      EXPECT_EQ(shorter->SerializeAsString(), cut);
    }
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes[0];
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto decoded = DecodeLayer(damaged);
      // A changed letter is another record; whatever is accepted has one spelling only.
      if (decoded.ok()) {
        EXPECT_EQ(decoded->SerializeAsString(), damaged);
      }
      if (at < header.size()) {
        damaged = header;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
        const auto read = DecodeHeader(damaged);
        if (read.ok()) {
          EXPECT_EQ(read->SerializeAsString(), damaged);
        }
      }
    }
  }
}

TEST(Header, LimitOfBytes) {
  EXPECT_EQ(CodeOf(DecodeHeader(std::string(limits::kHeaderBytesMax, '\x08')).status()),
            Code::NOT_CANONICAL);
  EXPECT_EQ(CodeOf(DecodeHeader(std::string(limits::kHeaderBytesMax + 1, '\x08')).status()),
            Code::LIMIT_EXCEEDED);
}

TEST(Layer, LimitOfATextAndAName) {
  v1::Layer layer;
  layer.add_fields()->set_name(std::string(limits::kFieldNameBytesMax, 'n'));
  layer.mutable_fields(0)->set_text(std::string(limits::kFieldTextBytesMax, 't'));
  EXPECT_TRUE(DecodeLayer(layer.SerializeAsString()).ok());
  layer.mutable_fields(0)->mutable_text()->push_back('t');
  EXPECT_EQ(CodeOf(DecodeLayer(layer.SerializeAsString()).status()), Code::NOT_CANONICAL);
  layer.mutable_fields(0)->set_text("t");
  layer.mutable_fields(0)->mutable_name()->push_back('n');
  EXPECT_EQ(CodeOf(DecodeLayer(layer.SerializeAsString()).status()), Code::NOT_CANONICAL);
}

TEST(ContentForDigest, ChangesWithEverythingButVersionAndTime) {
  const ItemSpec item = ExampleItem();
  const HeaderValues header = ExampleDraft(item).header;
  const LayerBytes layers = {"a", "b", "c"};
  const auto content = [](const HeaderValues& h, const ItemSpec& i, const LayerBytes& l) {
    std::string out;
    AppendContentForDigest(h, i, l, &out);
    return out;
  };
  const std::string base = content(header, item, layers);
  EXPECT_EQ(base, content(header, item, layers));
  ItemSpec other = item;
  other.code = "test.penaltz";
  EXPECT_NE(base, content(header, other, layers));
  other = item;
  other.sharing_class = v1::LIMITED;
  EXPECT_NE(base, content(header, other, layers));
  other = item;
  other.kind = v1::MEASURE;
  EXPECT_NE(base, content(header, other, layers));
  other = item;
  other.polarity = v1::NEUTRAL;
  EXPECT_NE(base, content(header, other, layers));
  HeaderValues changed = header;
  changed.state = v1::REPAIRED;
  EXPECT_NE(base, content(changed, item, layers));
  changed = header;
  changed.share_until = 0;
  EXPECT_NE(base, content(changed, item, layers));
  EXPECT_NE(base, content(header, item, {"ab", "", "c"}));
  EXPECT_NE(base, content(header, item, {"a", "c", "b"}));
}

TEST(MaskText, KeepsEndsByCodePoint) {
  EXPECT_EQ(MaskText("O12345", 2, 1), "O1***5");
  EXPECT_EQ(MaskText("张小明", 1, 0), "张**");
  EXPECT_EQ(MaskText("张小明", 0, 1), "**明");
  EXPECT_EQ(MaskText("", 1, 1), "");
}

TEST(MaskText, ShortTextsNeverStandInClear) {
  EXPECT_EQ(MaskText("张三", 1, 1), "**");
  EXPECT_EQ(MaskText("abc", 4, 0), "***");
  EXPECT_EQ(MaskText("abc", 0xFFFFFFFF, 0xFFFFFFFF), "***");
  EXPECT_EQ(MaskText("abc", 0, 0), "***");
}

}  // namespace
}  // namespace tombolo::record
