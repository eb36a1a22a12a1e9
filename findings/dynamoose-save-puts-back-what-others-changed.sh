#!/bin/sh
# dynamoose 4.2.0: `save` on an item that was read puts the whole of it, with all that it was when it was read.
# Two readers who change different fields undo each other: one marks the invoice as paid, the other writes a
# note, and the invoice is open again.
#
# One would expect what Mongoose does, by which dynamoose says it is inspired: there, `save` sends the fields
# that were changed since. So does `Model.update` here, which one has to call with the key and the fields.
# There is no condition on what was read either, and so no error.
#
# Seen (in dynalite 4.0.0):
#   save: open, "thanks"
#   update: paid, "thanks"
# Exits with an error if that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund dynamoose@4.2.0 dynalite@4.0.0
cat >save.js <<'JS'
import dynalite from "dynalite";
import dynamoose from "dynamoose";
const server = dynalite({ createTableMs: 0 });
await new Promise((done) => server.listen(0, "127.0.0.1", done));
dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB({
  endpoint: `http://127.0.0.1:${server.address().port}`, region: "us-east-1",
  credentials: { accessKeyId: "x", secretAccessKey: "x" },
}));
const Invoice = dynamoose.model("invoices", new dynamoose.Schema({ id: String, state: String, note: String }));
new dynamoose.Table("invoices", [Invoice], { waitForActive: true });
const told = async (name, id) => {
  const { state, note } = await Invoice.get(id);
  console.log(`${name}: ${state}, ${JSON.stringify(note)}`);
};
await Invoice.create({ id: "1", state: "open", note: "" });
const [one, other] = [await Invoice.get("1"), await Invoice.get("1")];
one.state = "paid";
await one.save();
other.note = "thanks";
await other.save();
await told("save", "1");
await Invoice.create({ id: "2", state: "open", note: "" });
await Invoice.update({ id: "2" }, { state: "paid" });
await Invoice.update({ id: "2" }, { note: "thanks" });
await told("update", "2");
server.close();
JS
node --no-warnings save.js | tee seen
printf '%s\n' 'save: open, "thanks"' 'update: paid, "thanks"' >wanted
cmp seen wanted
