#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>

#include "gateway/config/yaml.h"
#include "tests/support/assert_ok.h"
#include "tests/support/fake_entropy.h"
#include "tests/unit/config/any_message.h"
#include "tombolo/v1/pack.pb.h"

namespace tombolo::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;
using tombolo::testing::FakeEntropy;

void ExpectRoundTrip(const Message& message) {
  const std::string yaml = ToYaml(message);
  const auto back = NewAny();
  ASSERT_OK(ParseYaml(yaml, "back.yaml", back.get())) << yaml;
  EXPECT_TRUE(MessageDifferencer::Equals(message, *back)) << yaml << message.DebugString();
  EXPECT_EQ(ToYaml(*back), yaml);
}

TEST(ToYaml, IsWhatAPersonWouldWrite) {
  v1::Pack pack;
  pack.set_name("uk-fhrs");
  pack.set_version(3);
  v1::Source* source = pack.add_sources();
  source->set_name("establishments");
  source->set_format(v1::XML);
  source->add_files("FHRS*.xml");
  source->set_lookup(true);
  pack.add_sources();
  v1::RecordQuery* query = pack.add_records();
  query->set_sql("select a,\n       b\nfrom t\n");
  query->set_scope_column("no");
  EXPECT_EQ(ToYaml(pack),
            "name: uk-fhrs\n"
            "version: 3\n"
            "sources:\n"
            "  - name: establishments\n"
            "    format: XML\n"
            "    files:\n"
            "      - \"FHRS*.xml\"\n"
            "    lookup: true\n"
            "  - {}\n"
            "records:\n"
            "  - sql: |\n"
            "      select a,\n"
            "             b\n"
            "      from t\n"
            "    scope_column: \"no\"\n");
  v1::Pack back;
  ASSERT_OK(ParseYaml(ToYaml(pack), "pack.yaml", &back));
  EXPECT_TRUE(MessageDifferencer::Equals(pack, back));
}

TEST(ToYaml, AnEmptyMessageIsNothing) { EXPECT_EQ(ToYaml(v1::Pack()), ""); }

TEST(ToYaml, OddTextsComeBack) {
  for (const char* text : {"",
                           " ",
                           "a ",
                           " a",
                           "null",
                           "~",
                           "No",
                           "-",
                           "- a",
                           "a: b",
                           "#",
                           "a #b",
                           "'",
                           "\"",
                           "\\",
                           "[",
                           "{",
                           "&a",
                           "*a",
                           "!a",
                           "|",
                           ">",
                           "%",
                           "@",
                           "`",
                           "\t",
                           "\r",
                           "\n",
                           "a\n",
                           "a\n\n",
                           "\na",
                           " a\nb",
                           "a\n b",
                           "a\n \nb",
                           "a\n\nb",
                           "a\r\nb",
                           "a\tb\nc",
                           "a\n\tb",
                           "---\na",
                           "...\n",
                           "a\n...",
                           "# a\nb\n",
                           "\x01",
                           "\x7F",
                           "\xC2\x85",
                           "a\xC2\x85\nb",
                           "\xE2\x80\xA8",
                           "x\n\xE2\x80\xA9",
                           "\xEF\xBB\xBF",
                           "上海\n市",
                           "010",
                           "1.0",
                           "2021-01-01",
                           "?",
                           "? a",
                           ":",
                           "a:",
                           ",",
                           "\\n"}) {
    const auto message = NewAny();
    const auto* field = message->GetDescriptor()->FindFieldByName("text");
    const auto* list = message->GetDescriptor()->FindFieldByName("texts");
    message->GetReflection()->SetString(message.get(), field, text);
    message->GetReflection()->AddString(message.get(), list, text);
    ExpectRoundTrip(*message);
  }
}

std::string RandomText(FakeEntropy& random) {
  static const char* const kPieces[] = {"a",  "B9", " ",  "\n", ": ", "#",    "- ", "'", "\"",
                                        "\\", "é",  "上", "\t", "|",  "null", "{",  "]", ","};
  std::string text;
  for (uint64_t n = random.Below(8); n > 0; --n) text += kPieces[random.Below(std::size(kPieces))];
  return text;
}

// Sets `field` once to something drawn; numbers lean to the ends of their ranges.
void Draw(FakeEntropy& random, int depth, const FieldDescriptor& field, Message* out);

void DrawMessage(FakeEntropy& random, int depth, Message* out) {
  const auto* type = out->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& field = *type->field(i);
    for (uint64_t n = random.Below(3); n > 0; --n) {
      Draw(random, depth, field, out);
      if (!field.is_repeated()) break;
    }
  }
}

template <typename T>
T Number(FakeEntropy& random) {
  const uint64_t bits = random.Next();
  if (bits % 3 == 0) return std::numeric_limits<T>::max();
  if (bits % 3 == 1) return std::numeric_limits<T>::lowest();
  return static_cast<T>(bits);
}

void Draw(FakeEntropy& random, int depth, const FieldDescriptor& field, Message* out) {
  const auto* r = out->GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      many ? r->AddString(out, &field, RandomText(random))
           : r->SetString(out, &field, RandomText(random));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      many ? r->AddBool(out, &field, random.Below(2) == 1) : r->SetBool(out, &field, true);
      return;
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value = field.enum_type()->value(1 + static_cast<int>(random.Below(2)));
      many ? r->AddEnum(out, &field, value) : r->SetEnum(out, &field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_INT32:
      return r->SetInt32(out, &field, Number<int32_t>(random));
    case FieldDescriptor::CPPTYPE_INT64:
      return r->SetInt64(out, &field, Number<int64_t>(random));
    case FieldDescriptor::CPPTYPE_UINT32:
      many ? r->AddUInt32(out, &field, Number<uint32_t>(random))
           : r->SetUInt32(out, &field, Number<uint32_t>(random));
      return;
    case FieldDescriptor::CPPTYPE_UINT64:
      return r->SetUInt64(out, &field, Number<uint64_t>(random));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return r->SetDouble(out, &field, Number<double>(random));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return r->SetFloat(out, &field, Number<float>(random));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (depth == 0) return;
      DrawMessage(random, depth - 1,
                  many ? r->AddMessage(out, &field) : r->MutableMessage(out, &field));
      return;
  }
}

TEST(ToYaml, AnyMessageComesBack) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    FakeEntropy random(seed);
    const auto message = NewAny();
    DrawMessage(random, 3, message.get());
    ExpectRoundTrip(*message);
    if (HasFailure()) return;
  }
}

// Whatever bytes come in, a status comes out.
TEST(ParseYaml, NoBytesMakeItThrow) {
  static const char* const kPieces[] = {"text", ":",  " ",  "\n",    "- ",  "[",    "]",
                                        "{",    "}",  ",",  "'",     "\"",  "&a",   "*a",
                                        "!!x",  "|",  ">",  "%YAML", "---", "...",  "?",
                                        "#",    "\t", "\\", "~",     "<<",  "\xC3", "\xE4\xB8\x8A",
                                        "child"};
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    FakeEntropy random(seed);
    std::string text;
    for (uint64_t n = random.Below(40); n > 0; --n)
      text += kPieces[random.Below(std::size(kPieces))];
    const auto message = NewAny();
    const Status status = ParseYaml(text, "fuzz.yaml", message.get());
    EXPECT_NE(CodeOf(status), Code::INTERNAL) << text;
  }
}

}  // namespace
}  // namespace tombolo::config
