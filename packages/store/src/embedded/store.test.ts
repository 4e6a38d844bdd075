import { logTypes } from '@margay/model'
import { storeContract } from '../testing/contract.ts'
import { temporaryDir } from '../testing/stores.ts'
import { createEmbeddedStore } from './store.ts'

storeContract('embedded', async () => {
  const { dir, remove } = temporaryDir()
  const store = createEmbeddedStore({ dir })
  await store.open()
  const everything = new Map(logTypes.map(({ name }) => [name, { days: 0 }]))
  return {
    store,
    clear: async () => void (await store.retain(everything, 2 ** 32)),
    close: async () => {
      await store.close()
      remove()
    },
  }
})
