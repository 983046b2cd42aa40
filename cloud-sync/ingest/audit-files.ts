import { openRecords } from '#cloud/store'
import { type AuditReport, audit } from './audit.ts'
import { Inbox } from './inbox.ts'

/** Audits the cloud's files, beside the processes that write them. @throws StoreError, IngestError where there are none */
export async function auditFiles(files: { readonly inbox: string; readonly records: string }): Promise<AuditReport> {
  using inbox = new Inbox(files.inbox, { readonly: true })
  await using records = await openRecords(files.records, { readonly: true })
  const bodies = async (kind: string) => {
    const rows = await records.db.selectFrom('event').select(['gateway', 'body']).where('kind', '=', kind).execute()
    return rows.map(({ gateway, body }) => ({ gateway, ...JSON.parse(body) }))
  }
  return audit({ lanes: inbox.lanes(), losses: await bodies('loss'), renewals: await bodies('journal.renewed') })
}
