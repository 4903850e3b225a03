#include "gateway/app/record_json.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "gateway/app/console.h"
#include "gateway/base/date.h"

namespace tombolo::app {
namespace {

std::string ValueText(const v1::Field& field) {
  switch (field.value_case()) {
    case v1::Field::kText:
      return field.text();
    case v1::Field::kInteger:
      return std::to_string(field.integer());
    case v1::Field::kDate:
      return FormatIsoDate(field.date());
    case v1::Field::kFlag:
      return field.flag() ? "true" : "false";
    case v1::Field::kAmount:
      return field.amount().currency() + " " + std::to_string(field.amount().minor_units()) +
             " minor units";
    case v1::Field::kIdentifier:
      return field.identifier().scheme() + ":" + field.identifier().value();
    case v1::Field::kCode:
      return field.code().label().empty() ? field.code().code()
                                          : field.code().code() + " (" + field.code().label() + ")";
    case v1::Field::kTexts: {
      std::string out;
      for (const std::string& item : field.texts().items()) out += (out.empty() ? "" : "; ") + item;
      return out;
    }
    case v1::Field::kDecimal:
      return field.decimal();
    case v1::Field::VALUE_NOT_SET:
      break;
  }
  return "";
}

std::string ValueJson(const v1::Field& field) {
  switch (field.value_case()) {
    case v1::Field::kInteger:
      return std::to_string(field.integer());
    case v1::Field::kFlag:
      return field.flag() ? "true" : "false";
    case v1::Field::kAmount:
      return JsonObject()
          .Number("minor_units", field.amount().minor_units())
          .Text("currency", field.amount().currency())
          .str();
    case v1::Field::kIdentifier:
      return JsonObject()
          .Text("scheme", field.identifier().scheme())
          .Text("value", field.identifier().value())
          .str();
    case v1::Field::kCode:
      return JsonObject()
          .Text("code", field.code().code())
          .Text("label", field.code().label())
          .str();
    case v1::Field::kTexts: {
      std::vector<std::string> items;
      for (const std::string& item : field.texts().items()) items.push_back(JsonQuote(item));
      return JsonArrayOf(items);
    }
    default:
      return JsonQuote(ValueText(field));
  }
}

std::string LayerJson(const v1::Layer& layer) {
  JsonObject out;
  for (const v1::Field& field : layer.fields()) out.Raw(field.name(), ValueJson(field));
  return out.str();
}

struct NamedDate {
  const char* name;
  bool known;
  int32_t days;
};

std::vector<NamedDate> DatesOf(const v1::RecordHeader& h) {
  return {{"decided_on", h.has_decided_on(), h.decided_on()},
          {"effective_on", h.has_effective_on(), h.effective_on()},
          {"valid_from", h.has_valid_from(), h.valid_from()},
          {"valid_until", h.has_valid_until(), h.valid_until()},
          {"publish_until", h.has_publish_until(), h.publish_until()},
          {"share_until", h.has_share_until(), h.share_until()}};
}

std::string FormName(const node::RecordView& view) {
  if (view.form == store::Form::kErased) return "erased";
  if (view.type == v1::RETRACT) return "retraction";
  if (view.form == store::Form::kPartial) return "partial";
  return view.form == store::Form::kStub ? "stub" : "whole";
}

}  // namespace

std::string Standing(const node::RecordView& view) {
  if (view.form == store::Form::kErased) return "erased";
  if (view.type == v1::RETRACT) return "retracted";
  return absl::AsciiStrToLower(v1::RecordState_Name(view.header.state()));
}

std::string FieldText(const node::RecordView& view, std::string_view name) {
  for (size_t i = view.layers.size(); i-- > 0;) {  // the strictest layer has the value unmasked
    for (const v1::Field& field : view.layers[i].fields()) {
      if (field.name() == name) return ValueText(field);
    }
  }
  return "";
}

std::string LayersJson(const node::RecordView& view) {
  const auto layer = [&](size_t i) {
    return store::Has(view.shown, i) ? LayerJson(view.layers[i]) : JsonQuote("withheld");
  };
  return JsonObject()
      .Raw("public", layer(0))
      .Raw("government", layer(1))
      .Raw("limited", layer(2))
      .str();
}

namespace {

// Whose record it is, under which id there, and how it came.
void AddProvenance(const node::RecordView& view, JsonObject* out) {
  out->Text("origin", view.stream.origin());
  if (!view.header.record_id().empty()) out->Text("record_id", ToHex(view.header.record_id()));
  if (view.delivery.number == 0) return;
  std::vector<std::string> path;
  for (const std::string& node : view.delivery.path) path.push_back(JsonQuote(node));
  out->Raw("received",
           JsonObject().Text("peer", view.delivery.peer).Raw("path", JsonArrayOf(path)).str());
}

}  // namespace

std::string RecordJson(const node::RecordView& view) {
  JsonObject out;
  out.Text("id", view.id.hex())
      .Number("version", static_cast<int64_t>(view.version))
      .Text("entry", FormName(view))
      .Flag("current", view.present)
      .Text("item", view.stream.item())
      .Text("class", v1::SharingClass_Name(view.stream.sharing_class()))
      .Number("seq", static_cast<int64_t>(view.seq));
  if (view.type == v1::PUT && view.form != store::Form::kErased) {
    out.Text("kind", v1::RecordKind_Name(view.header.kind()))
        .Text("polarity", v1::Polarity_Name(view.header.polarity()))
        .Text("state", v1::RecordState_Name(view.header.state()));
    for (const NamedDate& date : DatesOf(view.header)) {
      if (date.known) out.Text(date.name, FormatIsoDate(date.days));
    }
  }
  if (view.recorded_at_us != 0) out.Text("recorded_at", FormatInstant(view.recorded_at_us));
  if (view.shown != 0) out.Raw("layers", LayersJson(view));
  if (view.received) AddProvenance(view, &out);
  if (view.ingest.number != 0) {
    out.Raw("source", JsonObject()
                          .Number("ingest", view.ingest.number)
                          .Text("pack", view.ingest.pack)
                          .Text("file", view.ingest.file)
                          .str());
  }
  return out.str();
}

std::string RecordText(const node::RecordView& view) {
  Table head({"", ""});
  head.Add({"record", view.id.hex()});
  head.Add({"version", std::to_string(view.version) + " (" + Standing(view) + ")"});
  head.Add({"item",
            view.stream.item() + ", class " + v1::SharingClass_Name(view.stream.sharing_class())});
  if (view.type == v1::PUT && view.form != store::Form::kErased) {
    head.Add({"kind", v1::RecordKind_Name(view.header.kind()) + ", " +
                          v1::Polarity_Name(view.header.polarity())});
    for (const NamedDate& date : DatesOf(view.header)) {
      if (date.known) head.Add({date.name, FormatIsoDate(date.days)});
    }
  }
  if (view.recorded_at_us != 0) head.Add({"recorded at", FormatInstant(view.recorded_at_us)});
  if (view.ingest.number != 0) {
    head.Add({"made from", view.ingest.file + " by pack " + view.ingest.pack});
  }
  if (view.received) head.Add({"origin", view.stream.origin()});
  if (view.delivery.number != 0) {
    head.Add({"received from", view.delivery.peer});
    head.Add({"on the way", absl::StrJoin(view.delivery.path, ", ")});
  }
  std::string out = head.Render();
  Table fields({"layer", "field", "value"});
  for (size_t i = 0; i < view.layers.size(); ++i) {
    const bool held = !view.received && view.form != store::Form::kPartial;
    if (!held && view.type == v1::PUT && !store::Has(view.shown, i)) {
      fields.Add({v1::SharingClass_Name(static_cast<v1::SharingClass>(i + 1)), "", "withheld"});
    }
    for (const v1::Field& field : view.layers[i].fields()) {
      fields.Add({v1::SharingClass_Name(static_cast<v1::SharingClass>(i + 1)), field.name(),
                  ValueText(field)});
    }
  }
  if (!fields.empty()) out += "\n" + fields.Render();
  return out;
}

}  // namespace tombolo::app
