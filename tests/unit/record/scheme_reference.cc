#include "tests/unit/record/scheme_reference.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/base/date.h"
#include "tests/support/profiles_for_test.h"

namespace tombolo::record {
namespace {

bool All(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

}  // namespace

IdentifierCheck Check(std::string_view scheme, std::string_view input,
                      std::optional<int32_t> decided_on) {
  return testing::ProfileForTest("cn")->CheckIdentifier(scheme, input, decided_on);
}

int UsccSum(std::string_view code) {
  int sum = 0;
  for (int i = 1; i <= 17; ++i) {
    int weight = 1;
    for (int power = 1; power < i; ++power) weight = weight * 3 % 31;
    sum += static_cast<int>(kAlphabet31.find(code[static_cast<size_t>(i - 1)])) * weight;
  }
  return sum;
}
int UsccCheckPlace(std::string_view code) { return (31 - UsccSum(code) % 31) % 31; }

bool IsUscc(std::string_view code) {
  return code.size() == 18 && All(code, kAlphabet31) && All(code.substr(2, 6), kDigits) &&
         code[17] == kAlphabet31[static_cast<size_t>(UsccCheckPlace(code))];
}

char OrgcodeCheck(std::string_view body) {
  const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < 8; ++i) {
    sum += static_cast<int>(kAlphanumerics.find(body[i])) * weights[i];
  }
  const int check = 11 - sum % 11;
  return check == 10 ? 'X' : check == 11 ? '0' : static_cast<char>('0' + check);
}
bool IsOrgcode(std::string_view code) {
  return code.size() == 9 && All(code, kAlphanumerics) && code[8] == OrgcodeCheck(code);
}

char RidCheck(std::string_view body) {
  int product = 0;
  for (size_t i = 0; i < 17; ++i) product = (product + (body[i] - '0')) * 2 % 11;
  const int check = (12 - product) % 11;
  return check == 10 ? 'X' : static_cast<char>('0' + check);
}
bool IsRid(std::string_view id) {
  if (id.size() != 18 || !All(id.substr(0, 17), kDigits) || id[17] != RidCheck(id)) return false;
  static constexpr int kProvinces[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34,
                                       35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
                                       53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83};
  const int province = std::stoi(std::string(id.substr(0, 2)));
  if (id[0] != '9' &&
      std::find(std::begin(kProvinces), std::end(kProvinces), province) == std::end(kProvinces)) {
    return false;
  }
  const int year = std::stoi(std::string(id.substr(6, 4)));
  const int month = std::stoi(std::string(id.substr(10, 2)));
  const int day = std::stoi(std::string(id.substr(12, 2)));
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return year >= 1850 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 &&
         day <= lengths[month - 1];
}

int Mod97(std::string_view text) {
  std::string digits;
  for (const char c : text) digits += std::to_string(kAlphanumerics.find(c));
  int rest = 0;
  for (const char c : digits) rest = (rest * 10 + (c - '0')) % 97;
  return rest;
}
std::string LeiCheck(std::string_view body) {
  const int check = 98 - Mod97(std::string(body) + "00");
  return (check < 10 ? "0" : "") + std::to_string(check);
}
bool IsLei(std::string_view lei) {
  return lei.size() == 20 && All(lei, kAlphanumerics) &&
         lei.substr(18) == LeiCheck(lei.substr(0, 18));
}

char LuhnCheck(std::string_view body) {
  int sum = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    const int digit = body[body.size() - 1 - i] - '0';
    sum += i % 2 == 0 ? digit * 2 / 10 + digit * 2 % 10 : digit;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}
bool IsVisa(std::string_view card) {
  return card.size() >= 14 && card.size() <= 19 && All(card, kDigits) && card[0] == '4' &&
         card.back() == LuhnCheck(card.substr(0, card.size() - 1));
}

std::string Generator::Text(std::string_view alphabet, size_t length) {
  std::string text;
  while (text.size() < length) text.push_back(alphabet[random_() % alphabet.size()]);
  return text;
}
std::string Generator::Uscc() {
  std::string code = Text(kAlphabet31, 2) + Text(kDigits, 6) + Text(kAlphabet31, 9);
  return code + kAlphabet31[static_cast<size_t>(UsccCheckPlace(code))];
}
std::string Generator::Orgcode() {
  std::string body = Text(kAlphanumerics, 8);
  return body + OrgcodeCheck(body);
}
std::string Generator::Rid() {
  static constexpr const char* kPlaces[] = {"110103", "330104", "330113", "110118",
                                            "441900", "469001", "429004", "810000",
                                            "820000", "830000", "310101", "911124"};
  std::string body = kPlaces[random_() % std::size(kPlaces)];
  std::string date = FormatIsoDate(-40000 + static_cast<int32_t>(random_() % 60000));
  date.erase(std::remove(date.begin(), date.end(), '-'), date.end());
  body += date + Text(kDigits, 3);
  return body + RidCheck(body);
}
std::string Generator::Lei() {
  std::string body = Text(kAlphanumerics, 18);
  return body + LeiCheck(body);
}
std::string Generator::Visa() {
  std::string body = "4" + Text(kDigits, 12 + random_() % 6);
  return body + LuhnCheck(body);
}
std::string Generator::Slip(std::string text) {
  const size_t at = random_() % text.size();
  switch (random_() % 5) {
    case 0:
      text[at] = kAlphanumerics[random_() % kAlphanumerics.size()];
      break;
    case 1:
      if (at > 0) std::swap(text[at], text[at - 1]);
      break;
    case 2:
      text.erase(at, 1);
      break;
    case 3:
      text.insert(at, 1, text[at]);
      break;
    default:
      text.insert(at, 1, "IOSVZ*.\xE9"[random_() % 8]);
  }
  return text;
}

}  // namespace tombolo::record
